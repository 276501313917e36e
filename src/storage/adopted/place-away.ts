import { StorageUnavailable } from '../unavailable.ts'

/** An adopted place is not there at the moment, or cannot be read: that something is missing in it says nothing. */
export class PlaceAway extends StorageUnavailable {}
