// Speaks the engine protocol (docs/protocol.md) for engine.mjs: verify check --command "node adapter.mjs"
import { createInterface } from "node:readline";
import { Value } from "./engine.mjs";
import { fromHex, toHex } from "./hex.mjs";

function run({ graph, point, steps }) {
  const nodes = [], readings = [], numbers = point.map(fromHex);
  const operand = (arg) => (typeof arg === "number" ? nodes[arg] : Value.of(fromHex(arg.const)));
  const build = ([op, ...args], i) => {
    if (op === "leaf") return nodes[i] ?? new Value(numbers.shift());
    const [first, ...rest] = args.map(operand), name = op.replace("=", "");
    if (op === "sum") return [first, ...rest].reduce((total, term) => total.add(term), Value.of(0));
    if (!(name in Value.prototype)) throw Object.assign(new Error(`the engine has no ${name}`), { refused: true, node: i });
    return first[name](...rest);
  };
  try {
    graph.forEach((row, i) => (nodes[i] = build(row, i)));
    for (const [step, a, b] of steps) {
      if (step === "backward") nodes.at(a).backward();
      else if (step === "set") nodes[a].data = fromHex(b);
      else if (step === "rebuild") graph.forEach((row, i) => (nodes[i] = build(row, i)));
      else if (step === "zero") nodes.forEach((node, i) => (a === "all" || (a === "leaves" ? graph[i][0] === "leaf" : a.includes(i))) && (node.grad = 0));
      else if (step === "read") readings.push({ values: nodes.map((n) => toHex(n.data)), gradients: nodes.map((n) => toHex(n.grad)) });
    }
  } catch (error) {
    const { name, message, node = null, refused = false } = error;
    return { readings, raised: { type: name, message, during: "forward", node, line: null, refused } };
  }
  return { readings, raised: null };
}

const about = { protocol: 1, class: "Value", python: "", adapter: { language: `JavaScript (${process.version})` }, backward: true, notes: [] };
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id: request.id, ...(request.load ? { loaded: about } : run(request)) }) + "\n");
}
