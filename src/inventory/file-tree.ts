interface Node<T> {
  value: T | undefined
  children: Map<string, Node<T>> | undefined
}

/**
 * Values at paths, of which whole folders can be taken away at once. Its cost is that of the paths' lengths, whatever
 * they look like; paths that come folder by folder, as archives have them, cost little more than a look-up each.
 */
export class FileTree<T> {
  readonly #root: Node<T> = { value: undefined, children: undefined }
  /** The folder asked for last, with its slash. */
  #folder = ''
  #folderNode: Node<T> | undefined = this.#root

  get(path: string): T | undefined {
    return this.#find(path)?.value
  }

  put(path: string, value: T): void {
    let node = this.#find(path)
    if (node === undefined) {
      node = this.#make(path)
      this.#forgetFolder()
    }
    node.value = value
  }

  /** What is there, and all below it. */
  remove(path: string): void {
    const node = this.#find(path)
    if (node === undefined) return
    node.value = undefined
    this.#clear(node)
  }

  /** What is there; what is below it stays. */
  removeOne(path: string): void {
    const node = this.#find(path)
    if (node !== undefined) node.value = undefined
  }

  /** Everything below a folder. */
  removeBelow(path: string): void {
    const node = this.#find(path)
    if (node !== undefined) this.#clear(node)
  }

  /** Each folder before what is in it. */
  *values(): Generator<T> {
    const open = [this.#root]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.value !== undefined) yield node.value
      if (node.children === undefined) continue
      // A folder may have more children than a call has arguments.
      for (const child of [...node.children.values()].reverse()) open.push(child)
    }
  }

  #clear(node: Node<T>): void {
    if (node.children === undefined) return
    node.children = undefined
    this.#forgetFolder()
  }

  #forgetFolder(): void {
    this.#folder = ''
    this.#folderNode = this.#root
  }

  #find(path: string): Node<T> | undefined {
    if (path === '') return this.#root
    const end = path.lastIndexOf('/') + 1
    if (end !== this.#folder.length || !path.startsWith(this.#folder)) {
      this.#folder = path.slice(0, end)
      this.#folderNode = this.#walk(this.#folder)
    }
    return this.#folderNode?.children?.get(path.slice(end))
  }

  /** `folder` ends in a slash, or is empty. */
  #walk(folder: string): Node<T> | undefined {
    let node: Node<T> | undefined = this.#root
    for (let start = 0; start < folder.length && node !== undefined;) {
      const end = folder.indexOf('/', start)
      node = node.children?.get(folder.slice(start, end))
      start = end + 1
    }
    return node
  }

  #make(path: string): Node<T> {
    let node = this.#root
    for (const name of path.split('/')) {
      node.children ??= new Map()
      let child = node.children.get(name)
      if (child === undefined) {
        child = { value: undefined, children: undefined }
        node.children.set(name, child)
      }
      node = child
    }
    return node
  }
}
