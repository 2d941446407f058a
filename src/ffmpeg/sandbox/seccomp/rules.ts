/** What the kernel refuses to whatever runs in the sandbox: what no decoder or encoder needs, and others got out by. */
import type { SystemCall } from './system-calls.js'

const [EPERM, ENOMEM, ENOSYS] = [1, 12, 38]

/** What the low 32 bits of an argument are asked, the only ones the kernel looks at in these calls. */
export type Condition = { argument: number } & (
  | { hasOneOf: number }
  | { hasAllOf: number }
  | { is: number }
  | { isNot: number }
)

/** Calls that fail with `errno`; with conditions, only where one of them holds. */
export type Rule = { calls: readonly SystemCall[]; errno: number; when?: readonly Condition[] }

/** All CLONE_NEW… of linux/sched.h. */
const NEW_NAMESPACES = 0x7e020080
const AF_UNIX = 1
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c
const MAP_SHARED_ANONYMOUS = 0x21

export const RULES: readonly Rule[] = [
  // Other processes.
  {
    calls: ['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'kcmp', 'pidfd_getfd'],
    errno: EPERM,
  },
  // Namespaces and mounts.
  { calls: ['unshare', 'setns', 'mount', 'umount2', 'pivot_root', 'chroot'], errno: EPERM },
  { calls: ['open_tree', 'move_mount', 'mount_setattr', 'fsopen', 'fsconfig', 'fsmount', 'fspick'], errno: EPERM },
  { calls: ['swapon', 'swapoff', 'quotactl', 'quotactl_fd', 'name_to_handle_at', 'open_by_handle_at'], errno: EPERM },
  { calls: ['clone'], errno: EPERM, when: [{ argument: 0, hasOneOf: NEW_NAMESPACES }] },
  // Its flags lie in memory, where no filter can look; C libraries go on with clone.
  { calls: ['clone3'], errno: ENOSYS },
  // Large parts of the kernel with a record of holes.
  { calls: ['bpf', 'perf_event_open', 'userfaultfd', 'fanotify_init', 'fanotify_mark', 'seccomp'], errno: EPERM },
  { calls: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'], errno: EPERM },
  { calls: ['add_key', 'request_key', 'keyctl'], errno: EPERM },
  { calls: ['vmsplice', 'splice', 'tee'], errno: EPERM },
  // The machine as a whole.
  { calls: ['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load', 'reboot'], errno: EPERM },
  { calls: ['syslog', 'acct', 'iopl', 'ioperm', 'modify_ldt', 'personality', 'vhangup'], errno: EPERM },
  {
    calls: ['settimeofday', 'clock_settime', 'clock_adjtime', 'adjtimex', 'sethostname', 'setdomainname'],
    errno: EPERM,
  },
  { calls: ['lookup_dcookie', 'uselib', '_sysctl', 'nfsservctl', 'move_pages', 'migrate_pages'], errno: EPERM },
  // A network, also one that a namespace would not hold back, such as AF_VSOCK between virtual machines.
  { calls: ['socket', 'socketpair'], errno: EPERM, when: [{ argument: 0, isNot: AF_UNIX }] },
  // Keys pressed on a terminal that it was given by mistake.
  {
    calls: ['ioctl'],
    errno: EPERM,
    when: [
      { argument: 1, is: TIOCSTI },
      { argument: 1, is: TIOCLINUX },
    ],
  },
  // Memory that RLIMIT_DATA does not count.
  { calls: ['mmap'], errno: ENOMEM, when: [{ argument: 3, hasAllOf: MAP_SHARED_ANONYMOUS }] },
  { calls: ['memfd_create', 'memfd_secret'], errno: EPERM },
  { calls: ['shmget', 'shmat', 'shmctl', 'shmdt', 'semget', 'semop', 'semctl', 'semtimedop'], errno: EPERM },
  { calls: ['msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open', 'mq_unlink'], errno: EPERM },
  { calls: ['mq_timedsend', 'mq_timedreceive', 'mq_notify', 'mq_getsetattr'], errno: EPERM },
]

/** Of the calls of Linux this is the newest that somebody has looked at: mseal, on every architecture the same. */
export const NEWEST_KNOWN_CALL = 462
/** Of what is newer, and of what is none: C libraries take another way. */
export const UNKNOWN_CALL_ERRNO = ENOSYS
