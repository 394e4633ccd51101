import { StepFailure } from '#lib/base/failure';

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  sqrt: Math.sqrt,
  abs: Math.abs,
  round: Math.round,
  min: Math.min,
  max: Math.max,
};
const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([a-z]+)|(\*\*|[-+*/%^(),]))/iy;
const MAX_LENGTH = 1000;
const MAX_DEPTH = 50;

/**
 * The value of an arithmetic expression: `calculate('2 * (3 + 4)^2')` is 98. Nothing in it is ever run as code.
 * Throws StepFailure `Input.Invalid` for what is none, and for a result that is no number.
 */
export function calculate(expression: string): number {
  if (expression.length > MAX_LENGTH)
    throw wrong(`an expression has at most ${MAX_LENGTH} characters, this has ${expression.length}`);
  const tokens = tokensOf(expression);
  let at = 0;
  let depth = 0;
  const take = (...wanted: string[]): string | undefined => {
    const token = tokens[at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    at++;
    return token;
  };
  const expect = (wanted: string): void => {
    if (take(wanted) === undefined) throw wrong(`wanted "${wanted}", found ${shown(tokens[at])}`);
  };
  const sum = (): number => {
    if (++depth > MAX_DEPTH) throw wrong(`an expression nests at most ${MAX_DEPTH} deep`);
    let value = product();
    for (let sign = take('+', '-'); sign !== undefined; sign = take('+', '-'))
      value = sign === '+' ? value + product() : value - product();
    depth--;
    return value;
  };
  const product = (): number => {
    let value = signed();
    for (let sign = take('*', '/', '%'); sign !== undefined; sign = take('*', '/', '%')) {
      const other = signed();
      value = sign === '*' ? value * other : sign === '/' ? value / other : value % other;
    }
    return value;
  };
  // -2^2 is -4, and 2^-1 is a half.
  const signed = (): number => {
    let negative = false;
    for (let sign = take('+', '-'); sign !== undefined; sign = take('+', '-')) negative = negative !== (sign === '-');
    const value = power();
    return negative ? -value : value;
  };
  const power = (): number => {
    const base = single();
    if (take('^', '**') === undefined) return base;
    if (++depth > MAX_DEPTH) throw wrong(`an expression nests at most ${MAX_DEPTH} deep`);
    const value = base ** signed();
    depth--;
    return value;
  };
  const single = (): number => {
    if (take('(') !== undefined) {
      const value = sum();
      expect(')');
      return value;
    }
    const token = tokens[at++];
    if (token === undefined || !/^[\d.]|^[a-z]/iu.test(token)) throw wrong(`wanted a number, found ${shown(token)}`);
    if (/^[\d.]/u.test(token)) return Number(token);
    const call = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined;
    if (call === undefined)
      throw wrong(`there is no function ${token}; there are ${Object.keys(FUNCTIONS).join(', ')}`);
    expect('(');
    const values = [sum()];
    while (take(',') !== undefined) values.push(sum());
    expect(')');
    return call(...values);
  };
  const value = sum();
  if (at < tokens.length) throw wrong(`wanted the end, found ${shown(tokens[at])}`);
  if (!Number.isFinite(value)) throw wrong(`${expression.trim()} has no finite value`);
  return value;
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const text = expression.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    const token = found?.[1] ?? found?.[2] ?? found?.[3];
    if (token === undefined) throw wrong(`"${text.slice(from).trim().slice(0, 20)}" is no arithmetic`);
    tokens.push(token);
  }
  return tokens;
}

const shown = (token: string | undefined): string => (token === undefined ? 'the end' : `"${token}"`);
const wrong = (message: string): StepFailure => new StepFailure('Input.Invalid', message);
