/** Stores that speak S3: how they are reached, how what lies in them is named, and what they refuse. */
export * from './client.js'
export * from './errors.js'
export * from './location.js'
