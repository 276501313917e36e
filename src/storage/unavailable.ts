/** The object store did not do what was asked, after everything that could be tried. The message is for the operator. */
export class StorageUnavailable extends Error {
  readonly code = 'STORAGE_UNAVAILABLE'
  override readonly name = 'StorageUnavailable'
}
