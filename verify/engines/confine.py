"""Starts commands with their hands tied, watches them, and leaves nothing of them behind.

A program of its own, standard library only, run by the harness's interpreter.  It is a *fork
server*: its one argument is the descriptor of a socket, see :mod:`verify.engines.watchers`.  Each
message makes it fork a *watcher*, whose number and handle are the answer; where the socket ends,
it ends.

A watcher forks once more: its child takes limits, user, Landlock and seccomp upon itself, says
which of them are in force, and becomes the command; the watcher waits until the command ends or
until the harness does, whichever comes first (the *lifeline* is a pipe whose other end closes when
the harness dies in any way), and then kills whatever is left.

With a message come six descriptors: the command's standard streams, the lifeline, the status pipe,
and a file: a line of JSON, see :func:`verify.engines.sandbox.order`, and behind it the contents of
the files that the command is to see, which are put into a folder of their own, and taken away again
in the end.  On the status pipe a watcher writes a line of JSON when the command starts, or cannot,
and a line when it has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import struct
import sys

TYPE_CHECKING = False  # the module that has it takes longer to import than all of this to run
if TYPE_CHECKING:
    from typing import Any, Final, NoReturn

_LIBC: Final = ctypes.CDLL(None, use_errno=True)

# --- kernel constants -------------------------------------------------------------------------
# linux/prctl.h, linux/sched.h, linux/landlock.h, linux/seccomp.h, linux/filter.h, linux/audit.h

(
    _PR_SET_PDEATHSIG,
    _PR_SET_KEEPCAPS,
    _PR_SET_NO_NEW_PRIVS,
    _PR_SET_CHILD_SUBREAPER,
    _PR_CAP_AMBIENT,
) = 1, 8, 38, 36, 47
PR_GET_DUMPABLE: Final = 3
PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT_RAISE = 4, 24, 2
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_CLONE_THREAD: Final = 0x10000
_ADDR_NO_RANDOMIZE: Final = 0x40000
_CAP_DAC_READ_SEARCH: Final = 2
_WRAPPERS: Final = 2
"""Processes of bubblewrap's own around a command."""
_LOOK: Final = 250
"""Milliseconds after which the threads are counted again."""

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # the same on x86-64 and arm64
_FS_EXECUTE, _FS_WRITE_FILE, _FS_READ_FILE, _FS_READ_DIR = 1, 2, 4, 8
_FS_BY_ABI: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many file-system rights each version of Landlock knows; later ones know as many as 5."""

_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT: Final = 0x40000000
_DENIED: Final[dict[str, tuple[int | None, int | None]]] = {
    # sockets: no network, no other process's services
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    # other processes: their memory, their descriptors, signals to them
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434), "process_madvise": (440, 440), "kcmp": (312, 272),
    # file attributes, which Landlock does not cover
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    # what outlives a process
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # the system
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "userfaultfd": (323, 282), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "sethostname": (170, 161), "setdomainname": (171, 162),
    "quotactl": (179, 60), "personality": (135, 92), "move_pages": (279, 239), "mbind": (237, 235),
    "migrate_pages": (256, 238), "fanotify_init": (300, 262), "syslog": (103, 116),
    # the clock, and whose turn it is
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "setpriority": (141, 140),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "ioprio_set": (251, 30),
}  # fmt: skip
"""System calls that are refused, by name: their numbers on x86-64 and on arm64."""
_FORKS: Final = {"fork": (57, None), "vfork": (58, None)}
_CLONE, _CLONE3, _PRCTL, _PRLIMIT = (56, 220), (435, 435), (157, 167), (302, 261)
_MMAP: Final = (9, 222)
_MAP_SHARED_ANONYMOUS: Final = 0x21

_LD, _JEQ, _JGE, _JSET, _AND, _RET = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38


class Failed(Exception):
    """A layer that was asked for could not be put in force."""


def check(result: int, what: str) -> int:
    """The result of a system call; Failed with the reason when it is negative."""
    if result < 0:
        raise Failed(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def prctl(option: int, *args: int) -> int:
    """``prctl(2)`` with the unused arguments 0, as some options demand."""
    padded = [ctypes.c_ulong(a) for a in (*args, 0, 0, 0, 0)[:4]]
    return int(_LIBC.prctl(option, *padded))


# --- Landlock ---------------------------------------------------------------------------------


def landlock_abi() -> int:
    """The version of Landlock that the running kernel offers; 0 for none."""
    return max(0, int(_LIBC.syscall(_LANDLOCK_CREATE, None, 0, 1)))


def landlock(readable: list[str], listed: list[str], devices: list[str]) -> None:
    """From here on: read and execute below ``readable``, write to ``devices``, nothing else.

    The names below ``listed`` may be listed, not opened.

    Where the kernel knows them, TCP, abstract sockets and signals to the outside are refused too.
    """
    abi = landlock_abi()
    if not abi:
        raise Failed("this kernel has no Landlock")
    handled = (1 << _FS_BY_ABI.get(abi, 16)) - 1
    attributes = struct.pack("QQQ", handled, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = check(_LIBC.syscall(_LANDLOCK_CREATE, attributes, size, 0), "landlock_create_ruleset")
    wanted = [(path, _FS_READ_FILE | _FS_EXECUTE) for path in readable]
    wanted += [(path, _FS_READ_FILE | _FS_WRITE_FILE) for path in devices]
    wanted += [(path, 0) for path in listed]
    for path, access in wanted:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # nothing there, nothing to allow
        right = access | _FS_READ_DIR if os.path.isdir(path) else access
        check(
            _LIBC.syscall(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", right, descriptor), 0),
            f"landlock_add_rule {path}",
        )
        os.close(descriptor)
    check(_LIBC.syscall(_LANDLOCK_RESTRICT, rules, 0), "landlock_restrict_self")
    os.close(rules)


# --- seccomp ----------------------------------------------------------------------------------


def seccomp_program(machine: str, *, forks: bool, shared: bool = True) -> bytes:
    """The filter as classic BPF: an array of ``struct sock_filter``.

    Args:
        machine: ``x86_64`` or ``aarch64``.
        forks: whether new processes are allowed; threads always are.
        shared: whether memory without a file may be shared; only a limit of all that is mapped
            counts it.
    """
    column = list(_ARCHITECTURES).index(machine)
    deny, nothing = (_RET, 0, 0, _ERRNO | _EPERM), (_RET, 0, 0, _ERRNO | _ENOSYS)
    code = [
        (_LD, 0, 0, 4),
        (_JEQ, 1, 0, _ARCHITECTURES[machine]),
        (_RET, 0, 0, _KILL),
        (_LD, 0, 0, 0),
    ]
    if machine == "x86_64":  # the x32 numbers would be a way around all that follows
        code += [(_JGE, 0, 1, _X32_BIT), deny]
    table = dict(_DENIED) if forks else {**_DENIED, **_FORKS}
    for numbers in table.values():
        if (number := numbers[column]) is not None:
            code += [(_JEQ, 0, 1, number), deny]
    if not forks:
        # clone3 hides its flags behind a pointer; without it the C library falls back to clone.
        code += [(_JEQ, 0, 1, _CLONE3[column]), nothing]
        code += [
            (_JEQ, 0, 3, _CLONE[column]),
            (_LD, 0, 0, 16),
            (_JSET, 1, 0, _CLONE_THREAD),
            deny,
            (_LD, 0, 0, 0),
        ]
    if not shared:  # the flags are the fourth argument
        code += [
            (_JEQ, 0, 5, _MMAP[column]),
            (_LD, 0, 0, 40),
            (_AND, 0, 0, _MAP_SHARED_ANONYMOUS),
            (_JEQ, 0, 1, _MAP_SHARED_ANONYMOUS),
            deny,
            (_LD, 0, 0, 0),
        ]
    # The wish to be killed with the parent must stay, and others' limits are not ours to set.
    code += [
        (_JEQ, 0, 3, _PRCTL[column]),
        (_LD, 0, 0, 16),
        (_JEQ, 0, 1, _PR_SET_PDEATHSIG),
        deny,
        (_LD, 0, 0, 0),
    ]
    code += [(_JEQ, 0, 3, _PRLIMIT[column]), (_LD, 0, 0, 16), (_JEQ, 1, 0, 0), deny, (_LD, 0, 0, 0)]
    code.append((_RET, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


def seccomp(*, forks: bool, shared: bool) -> None:
    """Refuse system calls that no honest engine makes, from here on."""
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        raise Failed(f"no seccomp filter for {machine}")
    program = seccomp_program(machine, forks=forks, shared=shared)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    check(
        int(_LIBC.prctl(22, 2, ctypes.create_string_buffer(header, len(header)), 0, 0)), "seccomp"
    )


# --- user, namespaces, limits -----------------------------------------------------------------


def namespaces() -> list[str]:
    """A process, network and IPC namespace of its own, where that is allowed; in words."""
    uid, gid = os.getuid(), os.getgid()
    flags = _NEWPID | _NEWNET | _NEWIPC
    if uid != 0:
        flags |= _NEWUSER
    if _LIBC.unshare(flags) != 0:
        return []
    if uid != 0:
        with contextlib.suppress(OSError):
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", f"{uid} {uid} 1"),
                ("gid_map", f"{gid} {gid} 1"),
            ):
                with open(f"/proc/self/{name}", "w") as file:
                    file.write(text)
    return ["own process and network namespaces"]


def readable_by(user: int, paths: list[str]) -> bool:
    """Whether a user may read these files without any privilege: each folder above is open too."""
    for path in paths:
        if not os.path.exists(path):
            continue
        real = os.path.realpath(path)
        if not _allowed(user, real, 4):
            return False
        while (real := os.path.dirname(real)) != "/":
            if not _allowed(user, real, 1):
                return False
    return True


def _allowed(user: int, path: str, right: int) -> bool:
    found = os.stat(path)
    return bool(found.st_mode & (right << 6 if found.st_uid == user else right))


def drop(user: int, readable: list[str]) -> None:
    """Of root's privileges keep none, and become another user where ``user`` is one.

    Where the interpreter lies in a folder that is closed to that user, the right to read is kept:
    what may be read is then up to Landlock alone.
    """
    keep = not readable_by(user, readable)
    for capability in range(64):
        if not (keep and capability == _CAP_DAC_READ_SEARCH):
            prctl(_PR_CAPBSET_DROP, capability)
    if keep:
        check(prctl(_PR_SET_KEEPCAPS, 1), "keep capabilities")
    if user != os.getuid():
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    bit = 1 << _CAP_DAC_READ_SEARCH if keep else 0
    data = struct.pack("IIIIII", bit, bit, bit, 0, 0, 0)
    check(int(_LIBC.capset(struct.pack("Ii", 0x20080522, 0), data)), "capset")
    if keep:
        check(
            prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH),
            "ambient capability",
        )


def limit(limits: dict[str, int], *, own_user: bool) -> None:
    """Memory, processor time, descriptors; no core dumps, and not one byte into any file."""
    wanted = {
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_NOFILE: limits["files"],
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_AS if limits["address_space"] else resource.RLIMIT_DATA: limits["memory"],
    }
    if own_user:  # the kernel counts all processes and threads of a user
        wanted[resource.RLIMIT_NPROC] = limits["processes"] + limits["threads"]
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # A second more before SIGKILL: SIGXCPU then says what it was.
        more = 1 if kind == resource.RLIMIT_CPU and soft != hard else 0
        resource.setrlimit(kind, (soft, soft + more))


# --- child and watcher ------------------------------------------------------------------------


def become(  # noqa: PLR0913 - what the child knows of its parent
    order: dict[str, Any], status: int, go: int, user: int, parts: list[str], *, counted: bool
) -> NoReturn:
    """In the child: tie the hands, report, turn into the command.

    ``counted`` says that the kernel counts its threads apart from those of all other commands.
    """
    try:
        tier, readable = order["tier"], order["readable"]
        forks, shared = order["limits"]["processes"] > 0, bool(order["limits"]["address_space"])
        # The same addresses each time, so that a set of nodes comes out in the same order; where
        # that is refused, an engine that depends on it is found unstable all the same.
        _LIBC.personality(_ADDR_NO_RANDOMIZE)
        if tier == "bubblewrap":  # it applies the filter itself, last; no file can be written later
            filter_file = os.memfd_create("filter", 0)
            program = seccomp_program(os.uname().machine, forks=forks, shared=shared)
            os.write(filter_file, program)
            os.lseek(filter_file, 0, os.SEEK_SET)
        limit(order["limits"], own_user=counted)
        if tier == "user":
            drop(user, readable)
            parts.insert(0, "a user of its own")
        elif tier != "bubblewrap" and os.getuid() == 0:  # bubblewrap drops them itself
            drop(0, order["needed"])
            parts.insert(0, "no privileges")
        # Becoming another user forgets this wish, so it comes after; the byte in the pipe shows
        # that the watcher was still there when the wish was made.
        check(prctl(_PR_SET_PDEATHSIG, signal.SIGKILL), "death signal")
        if os.read(go, 1) != b"!":
            os._exit(1)
        check(prctl(_PR_SET_NO_NEW_PRIVS, 1), "no new privileges")
        if tier in {"user", "landlock"}:
            landlock(
                readable, order["listed"], ["/dev/null", "/dev/urandom", "/dev/random", "/dev/zero"]
            )
            seccomp(forks=forks, shared=shared)
            parts += [f"Landlock (version {landlock_abi()})", "seccomp"]
        elif tier == "weak":
            with contextlib.suppress(Failed):
                seccomp(forks=forks, shared=shared)
                parts.append("seccomp")
        command = order["command"]
        if tier == "bubblewrap":
            command = [command[0], "--seccomp", str(filter_file), *command[1:]]
            parts += ["namespaces with nothing in them but the engine", "seccomp"]
        os.write(status, json.dumps({"parts": parts}).encode() + b"\n")
        os.execve(command[0], command, order["environment"])
    except (Failed, OSError, ValueError) as error:
        os.write(status, json.dumps({"failed": str(error)}).encode() + b"\n")
    os._exit(127)


def children() -> list[int]:
    """Processes whose parent we are, adopted ones included."""
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def bury(first: int) -> tuple[int, Any]:
    """Kill the command and every process that it left behind; its wait status and usage."""
    status, usage = 0, None
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(first, signal.SIGKILL)
    while True:
        for child in children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            pid, code, used = os.wait4(-1, 0)
        except ChildProcessError:
            return status, usage
        if pid == first:
            status, usage = code, used


def threads(first: int, most: int) -> int:
    """Threads of a process and of all below it; of more than ``most`` not all are counted."""
    total, queue = 0, [first]
    for process in queue:
        try:
            tasks = os.listdir(f"/proc/{process}/task")
            total += len(tasks)
            for task in tasks if total <= most else ():
                with open(f"/proc/{process}/task/{task}/children") as file:
                    queue += map(int, file.read().split())
        except OSError:  # it has just ended
            continue
    return total


def watch(child: int, lifeline: int, status: int, *, wrapped: bool, most: int) -> None:
    """Wait for the command or for the harness to end; then see to it that nothing stays.

    A command with more than ``most`` threads is ended: where the kernel counts those of all
    commands together, it would leave none for the others.

    A wrapped command runs below bubblewrap, which ends with 128 + signal where that was the end.
    """
    ended = os.pidfd_open(child)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(lifeline, select.POLLIN | select.POLLHUP)
    crowded = False
    while not (events := dict(poll.poll(_LOOK))) and not crowded:
        crowded = threads(child, most) > most
    by_itself = ended in events
    waited = (
        os.waitid(os.P_PIDFD, ended, os.WEXITED | os.WNOWAIT | os.WNOHANG) if by_itself else None
    )
    code, usage = bury(child)
    if waited is None and not crowded:
        return
    killed = os.WTERMSIG(code) if os.WIFSIGNALED(code) else None
    returned = os.WEXITSTATUS(code) if os.WIFEXITED(code) else None
    if wrapped and returned is not None and returned > 128:
        killed, returned = returned - 128, None
    report = {
        "signal": killed,
        "exit": returned,
        "cpu": usage.ru_utime + usage.ru_stime if usage else None,
        "crowded": crowded,
    }
    with contextlib.suppress(OSError):
        os.write(status, json.dumps(report).encode() + b"\n")


def unpack(folder: str, names: list[list[Any]], contents: bytes) -> None:
    """Put the files into a folder that nobody else can list, and everybody read who knows it.

    Failed where that is not possible: the disk may be full.
    """
    try:
        os.mkdir(folder, 0o711)
        start = 0
        for name, size in names:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
            with open(path, "xb") as file:
                file.write(contents[start : start + size])
            start += size
    except (OSError, ValueError) as error:
        raise Failed(f"its files cannot be laid out: {error}") from None


def take_away(folder: str) -> None:
    """Delete a folder with all that is in it; behind a link nothing is touched."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                take_away(entry.path)
            else:
                os.unlink(entry.path)
        os.rmdir(folder)


def main() -> None:
    """Fork a watcher for each message, until there are no more."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # the socket and the lifelines alone decide
    signal.signal(signal.SIGCHLD, lambda *_: reap())
    os.umask(0o022)
    # Nobody but root looks into this process or its watchers, or takes their descriptors.
    prctl(PR_SET_DUMPABLE, 0)
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        while True:
            message, given, _, _ = socket.recv_fds(orders, 1, 6)
            if not message:
                os._exit(0)
            # No watcher is waited for, and its number free again, before the harness can hold it.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
            try:
                child = os.fork()
                if child == 0:
                    orders.close()
                    begin(given)
                answer, handles = str(child), [os.pidfd_open(child)]
            except OSError as error:
                answer, handles = error.strerror or "it cannot fork", []
            socket.send_fds(orders, [answer.encode()], handles)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            for descriptor in (*given, *handles):
                os.close(descriptor)


def reap() -> None:
    """Wait for the watchers that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def begin(given: list[int]) -> NoReturn:
    """Be a watcher, to whom these descriptors were given."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.setsid()
    for number, descriptor in enumerate(given[:3]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    lifeline, status, file = given[3:]
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    with open(file, "rb") as told:
        order, contents = json.loads(told.readline()), told.read()
    folder = order["folder"]
    try:
        unpack(folder, order["files"], contents)
        del contents
        watched(order, lifeline, status)
    except Failed as error:
        os.write(status, json.dumps({"failed": str(error)}).encode() + b"\n")
    finally:
        take_away(folder)
        os._exit(0)


def watched(order: dict[str, Any], lifeline: int, status: int) -> None:
    """Start the command, and wait until it or the harness ends."""
    user = 0x40000000 + os.getpid()  # as no other watcher's command has now
    tier = order["tier"]
    parts = namespaces() if tier in {"user", "landlock"} else []
    # In a namespace of users the kernel counts anew; but root's own threads it never limits.
    counted = tier == "user" or (bool(parts) and os.getuid() != 0)
    wait, go = os.pipe()
    child = os.fork()
    if child == 0:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.close(go)
        os.close(lifeline)
        os.chdir("/")
        os.set_inheritable(status, False)
        keep = {0, 1, 2, status, wait}
        for descriptor in [int(d) for d in os.listdir("/proc/self/fd")]:
            if descriptor not in keep:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        become(order, status, wait, user, parts, counted=counted)
    os.close(wait)
    os.write(go, b"!")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # the pipes are the command's alone
        os.dup2(null, descriptor)
    wrapped = tier == "bubblewrap"
    limits = order["limits"]
    most = limits["processes"] + limits["threads"] + (_WRAPPERS if wrapped else 0)
    watch(child, lifeline, status, wrapped=wrapped, most=most)


if __name__ == "__main__":
    main()
