/** For the end of a `switch` over a union: a new member does not compile until it is thought through. */
export function assertNever(value: never): never {
  throw new Error(`not thought of: ${JSON.stringify(value)}`);
}
