/** Webhooks on the wire: what is signed, where it may go, when it is tried again. What is to be sent, the queue knows. */
export { urlFault } from './check-url.js'
export { deliver } from './deliver.js'
export { distrust, isSecret, newSecret } from './sign.js'
