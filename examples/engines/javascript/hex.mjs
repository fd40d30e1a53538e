// Floats as hexadecimal text, exact to the bit, which JavaScript does not bring along.

const view = new DataView(new ArrayBuffer(8));
export const toHex = (x) => {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0), exponent = Number((bits >> 52n) & 2047n);
  const digits = (bits & ((1n << 52n) - 1n)).toString(16).padStart(13, "0");
  return `${bits >> 63n ? "-" : ""}0x${exponent ? 1 : 0}.${digits}p${exponent ? exponent - 1023 : -1022}`.replace(/p(\d)/, "p+$1");
};
export const fromHex = (text) => {
  if (typeof text !== "string") return Number(text);
  const [, sign, whole, digits, exponent] = /^(-?)0x(\d)\.([0-9a-f]*)p([+-]\d+)$/.exec(text);
  return (sign ? -1 : 1) * Number(BigInt(`0x${whole}${digits}`)) * 2 ** (Number(exponent) - 4 * digits.length);
};
