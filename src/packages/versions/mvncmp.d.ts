declare module 'mvncmp' {
  export function compare(a: string, b: string): number
}
