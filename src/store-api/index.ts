export { connectStore, type StoreApi, type StoreConnection, storeApiOf } from './connection.js'
export { mayPass, storeError } from './errors.js'
export {
  BYTES_TYPE,
  CALLS,
  type CallBody,
  type CallName,
  LONGEST_CALL_MS,
  OFFSET_HEADER,
} from './protocol.js'
