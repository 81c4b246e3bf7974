// Applies decorators to a method, as TypeScript does for `@one @other method() {}`.

export function onMethod(type, name, ...decorators) {
  for (const decorate of decorators.reverse())
    decorate(type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name));
}
