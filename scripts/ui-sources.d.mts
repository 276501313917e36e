export function sourceFiles(): string[]
export function sourceHash(): string
