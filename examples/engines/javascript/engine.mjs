// A scalar autograd engine in plain JavaScript: a number that remembers how it was made.

export class Value {
  constructor(data, parents = [], slopes = []) {
    this.data = data;
    this.grad = 0;
    this.parents = parents; // the operands,
    this.slopes = slopes; // and d(this)/d(operand) for each
  }

  static of(x) {
    return x instanceof Value ? x : new Value(Number(x));
  }

  add(other) {
    const b = Value.of(other);
    return new Value(this.data + b.data, [this, b], [1, 1]); // d(a+b)/da = d(a+b)/db = 1
  }

  sub(other) {
    const b = Value.of(other);
    return new Value(this.data - b.data, [this, b], [1, -1]);
  }

  mul(other) {
    const b = Value.of(other);
    return new Value(this.data * b.data, [this, b], [b.data, this.data]); // d(ab)/da = b
  }

  div(other) {
    const b = Value.of(other);
    return new Value(this.data / b.data, [this, b], [1 / b.data, -this.data / b.data / b.data]);
  }

  neg() {
    return new Value(-this.data, [this], [-1]);
  }

  tanh() {
    const t = Math.tanh(this.data);
    return new Value(t, [this], [(1 - t) * (1 + t)]); // d tanh(x)/dx = 1 - tanh(x)^2
  }

  exp() {
    const e = Math.exp(this.data);
    return new Value(e, [this], [e]);
  }

  log() {
    if (this.data <= 0) throw new RangeError(`log of ${this.data}`);
    return new Value(Math.log(this.data), [this], [1 / this.data]);
  }

  relu() {
    return new Value(Math.max(this.data, 0), [this], [this.data > 0 ? 1 : 0]);
  }

  backward() {
    const order = [];
    const seen = new Set();
    const stack = [[this, false]];
    while (stack.length) {
      const [node, done] = stack.pop();
      if (done) order.push(node);
      else if (!seen.has(node)) {
        seen.add(node);
        stack.push([node, true], ...node.parents.map((parent) => [parent, false]));
      }
    }
    this.grad = 1;
    for (const node of order.reverse())
      node.parents.forEach((parent, i) => (parent.grad += node.slopes[i] * node.grad));
  }
}
