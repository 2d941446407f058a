/** Of the File System Access API, what Chromium has and the types of TypeScript have not. */
interface FileSystemFileHandle {
  queryPermission(of: { mode: 'read' }): Promise<PermissionState>
  requestPermission(of: { mode: 'read' }): Promise<PermissionState>
}
interface DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}
