"""What Python has on POSIX systems and not on Windows, as far as a program could want it."""


def name_all(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES = name_all("crypt fcntl grp nis ossaudiodev posix pty pwd readline resource spwd syslog termios tty")

MEMBERS = {
    "os": name_all(
        """O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_SYNC
        WEXITSTATUS WIFEXITED WIFSIGNALED WNOHANG WTERMSIG chown chroot confstr copy_file_range ctermid eventfd fchdir
        fchown fdatasync fork forkpty fpathconf fstatvfs getegid geteuid getgid getgroups getloadavg getpgid getpgrp
        getpriority getresuid getsid getuid getxattr initgroups killpg lchown listxattr lockf major memfd_create minor
        mkfifo mknod nice openpty pathconf pipe2 posix_fadvise posix_fallocate posix_spawn posix_spawnp pread preadv
        pwrite pwritev readv register_at_fork removexattr sched_getaffinity sched_setaffinity sched_yield sendfile
        setegid seteuid setgid setgroups setpgid setpriority setsid setuid setxattr splice statvfs sync sysconf
        tcgetpgrp tcsetpgrp ttyname uname unshare wait wait3 wait4 waitid writev"""
    ),
    "signal": name_all(
        """ITIMER_PROF ITIMER_REAL SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1
        SIGUSR2 alarm getitimer pause pthread_kill pthread_sigmask setitimer sigpending sigwait"""
    ),
    "time": name_all("clock_getres clock_gettime clock_settime pthread_getcpuclockid tzset"),
    "socket": name_all("AF_UNIX CMSG_LEN"),
}

TELLING = {"os": frozenset({"name", "linesep"}), "sys": frozenset({"platform", "getwindowsversion"})}
"""Members that say which system it is: one file may ask."""

TOLD_BY = frozenset({"ctypes", "psutil", "msvcrt", "winreg", "_winapi"})
"""Modules that speak to the system: one file may."""
