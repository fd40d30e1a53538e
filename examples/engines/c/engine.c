/* A scalar autograd engine in C99, and the engine protocol (docs/protocol.md) for it:
 *
 *     cc -O2 -o engine engine.c -lm && verify check --command ./engine
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the engine: a tape of nodes; operands come before what is made of them ------------------ */

typedef struct {
    double data, grad;
    int count, *operands;
    double *slopes; /* d(this)/d(operand) */
} Node;

static Node *tape;
static int length, room;

static int put(double data, int count)
{
    if (length == room && !(tape = realloc(tape, (room = 2 * room + 64) * sizeof *tape))) exit(2);
    tape[length] = (Node){data, 0, count, calloc(count + 1, sizeof(int)), calloc(count + 1, sizeof(double))};
    return length++;
}

static int unary(int a, double value, double slope)
{
    int n = put(value, 1);
    tape[n].operands[0] = a, tape[n].slopes[0] = slope;
    return n;
}

static int binary(int a, int b, double value, double by_a, double by_b)
{
    int n = put(value, 2);
    tape[n].operands[0] = a, tape[n].slopes[0] = by_a;
    tape[n].operands[1] = b, tape[n].slopes[1] = by_b;
    return n;
}

/* The node of an operation, or -1 for one that this engine does not have. */
static int apply(const char *op, const int *args, int count)
{
    double a = tape[args[0]].data, b = count > 1 ? tape[args[1]].data : 0;
    if (!strcmp(op, "add")) return binary(args[0], args[1], a + b, 1, 1);
    if (!strcmp(op, "sub")) return binary(args[0], args[1], a - b, 1, -1);
    if (!strcmp(op, "mul")) return binary(args[0], args[1], a * b, b, a);
    if (!strcmp(op, "div")) return binary(args[0], args[1], a / b, 1 / b, -a / b / b);
    if (!strcmp(op, "neg")) return unary(args[0], -a, -1);
    if (!strcmp(op, "exp")) return unary(args[0], exp(a), exp(a));
    if (!strcmp(op, "log")) return unary(args[0], log(a), 1 / a);
    if (!strcmp(op, "sin")) return unary(args[0], sin(a), cos(a));
    if (!strcmp(op, "cos")) return unary(args[0], cos(a), -sin(a));
    if (!strcmp(op, "sqrt")) return unary(args[0], sqrt(a), 0.5 / sqrt(a));
    if (!strcmp(op, "tanh")) return unary(args[0], tanh(a), (1 - tanh(a)) * (1 + tanh(a)));
    if (!strcmp(op, "relu")) return unary(args[0], a > 0 ? a : 0, a > 0);
    return -1;
}

static void backward(int output)
{
    char *reached = calloc(output + 1, 1); /* other graphs on the tape keep out of it */
    tape[output].grad = reached[output] = 1;
    for (int n = output; n >= 0; n--)
        for (int i = 0; reached[n] && i < tape[n].count; i++) {
            int operand = tape[n].operands[i];
            tape[operand].grad += tape[n].slopes[i] * tape[n].grad;
            reached[operand] = 1;
        }
    free(reached);
}

/* --- just enough JSON: a pointer walks along the request --------------------------------------- */

static char *at;

static int skip(const char *text) /* past a token, if it stands here */
{
    size_t n = strlen(text);
    if (strncmp(at, text, n)) return 0;
    at += n;
    return 1;
}

static char *word(void) /* a string without escapes; valid until the line changes */
{
    char *start = ++at;
    at = strchr(at, '"');
    *at++ = 0;
    return start;
}

static double number(void) /* "0x1.8p+1", 3 or true */
{
    if (*at == '"') return strtod(word(), NULL);
    if (skip("true")) return 1;
    if (skip("false")) return 0;
    return strtod(at, &at);
}

static char *value_of(char *line, const char *key)
{
    char quoted[32], *found;
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    found = strstr(line, quoted);
    return found ? found + strlen(quoted) : NULL;
}

/* --- the protocol ------------------------------------------------------------------------------- */

static void show(double x)
{
    if (isnan(x)) printf("\"nan\"");
    else if (isinf(x)) printf(x > 0 ? "\"inf\"" : "\"-inf\"");
    else printf("\"%a\"", x);
}

static void read_all(const int *node, int count, int first)
{
    printf("%s{\"values\":[", first ? "" : ",");
    for (int i = 0; i < count; i++) printf(i ? "," : ""), show(tape[node[i]].data);
    printf("],\"gradients\":[");
    for (int i = 0; i < count; i++) printf(i ? "," : ""), show(tape[node[i]].grad);
    printf("]}");
}

/* Build every node of the rows at `at`; leaves are made once, from the numbers at `point`.
 * Returns the row that holds an unknown operation, or -1. */
static int build(int *node, int *leaf, int *count, char **point, int again)
{
    *count = 0;
    for (skip("["); !skip("]"); skip(","), ++*count) {
        int args[4096], n = 0;
        skip("[");
        char *op = word();
        op[strcspn(op, "=")] = 0; /* in place is the same here: nodes never change */
        leaf[*count] = !strcmp(op, "leaf");
        if (leaf[*count]) {
            skip(",");
            word();
            if (!again) {
                char *here = at;
                at = *point;
                double x = number();
                skip(",");
                *point = at, at = here;
                node[*count] = put(x, 0);
            }
            skip("]");
            continue;
        }
        while (!skip("]")) {
            skip(",");
            if (skip("{\"const\":")) {
                args[n++] = put(number(), 0);
                skip("}");
            } else args[n++] = node[(int)number()];
        }
        if (!strcmp(op, "sum")) {
            node[*count] = put(0, n);
            for (int i = 0; i < n; i++) {
                tape[node[*count]].data += tape[args[i]].data;
                tape[node[*count]].operands[i] = args[i], tape[node[*count]].slopes[i] = 1;
            }
        } else if (!n || (node[*count] = apply(op, args, n)) < 0) return *count;
    }
    return -1;
}

static void zero(const int *node, const int *leaf, int count)
{
    if (*at != '"') {
        for (skip("["); !skip("]"); skip(",")) tape[node[(int)number()]].grad = 0;
        return;
    }
    int all = !strcmp(word(), "all");
    for (int i = 0; i < count; i++)
        if (all || leaf[i]) tape[node[i]].grad = 0;
}

static void run(char *line)
{
    static int node[1 << 16], leaf[1 << 16];
    size_t size = strlen(line) + 1;
    char *copy = memcpy(malloc(2 * size), line, size), *spare = memcpy(copy + size, line, size);
    char *point = value_of(line, "point") + 1, *steps = value_of(copy, "steps");
    int count, read = 0, missing;
    while (length) --length, free(tape[length].operands), free(tape[length].slopes);
    at = value_of(line, "graph");
    printf("\"readings\":[");
    if ((missing = build(node, leaf, &count, &point, 0)) < 0) {
        at = steps;
        for (skip("["); !skip("]"); skip(",")) {
            skip("[");
            char *step = word();
            skip(",");
            if (!strcmp(step, "backward")) {
                int i = (int)number();
                backward(node[i < 0 ? count + i : i]);
            } else if (!strcmp(step, "zero")) zero(node, leaf, count);
            else if (!strcmp(step, "set")) {
                int i = (int)number();
                skip(",");
                tape[node[i]].data = number();
            } else if (!strcmp(step, "rebuild")) {
                char *here = at;
                memcpy(line, spare, size);
                at = value_of(line, "graph");
                build(node, leaf, &count, &point, 1);
                at = here;
            } else if (!strcmp(step, "read")) read_all(node, count, !read++);
            else number(); /* "clutter": nothing here depends on addresses */
            skip("]");
        }
    }
    printf("],\"raised\":");
    if (missing < 0) printf("null");
    else printf("{\"type\":\"Missing\",\"message\":\"no such operation\",\"during\":\"forward\",\"node\":%d,\"line\":null,\"refused\":true}", missing);
    free(copy);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        char *id = value_of(line, "id");
        printf("{\"id\":%ld,", strtol(id, NULL, 10));
        if (value_of(line, "load"))
            printf("\"loaded\":{\"protocol\":1,\"class\":\"Node\",\"python\":\"\",\"adapter\":{\"language\":\"C\"},\"backward\":true,\"notes\":[]}");
        else run(line);
        printf("}\n");
        fflush(stdout);
    }
    return 0;
}
