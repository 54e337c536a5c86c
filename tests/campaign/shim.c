/* Faults below a process, by LD_PRELOAD: its clock, its disk's errors and delays, power cuts.

   What the process does to files below CAMPAIGN_SHIM_DIRECTORY is recorded until it is synced:
   writes and truncations until fsync or fdatasync of the file, new, renamed and removed names
   until fsync of the directory, the least that POSIX promises. A power cut takes back what is
   recorded, or leaves some of it, sector by sector, and kills the process before it can say a word.

   The file CAMPAIGN_SHIM_CONTROL is shared memory: settings from outside, counts from inside. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512
#define REAL(name) ((__typeof__(&name))real(#name))

enum policy { DROP_ALL, KEEP_PREFIX, KEEP_SCATTERED };

/* The order of tests/campaign/shim.py. */
struct control {
    int64_t clock_offset_ns;
    int64_t sync_delay_us;
    int64_t sync_error;
    int64_t write_error;
    int64_t cut_after; /* operations on files until the cut; 0 is never */
    int64_t cut_policy;
    int64_t cut_seed;
    int64_t journal;   /* 0: nothing is recorded, and a cut is a mere kill */
    int64_t sync_lies; /* a sync says that it was done, and does nothing */
    int64_t operations;
    int64_t cuts;
    int64_t dropped;
    int64_t torn;
    int64_t kept;
    int64_t names_dropped;
};

struct file {
    dev_t device;
    ino_t inode;
    int fd; /* never closed: closing would release the process's own locks on the file */
    struct file *next;
};

enum kind { WRITE, TRUNCATE, CREATE, RENAME, UNLINK };

struct change {
    enum kind kind;
    struct file *file;
    off_t offset, size_before;
    size_t length, length_before;
    unsigned char *data, *before;
    char *path, *other;
    struct change *next, *previous;
};

static struct control none, *control = &none;
static char directory[4096];
static size_t directory_length;
static struct file *files;
static struct change *oldest, *newest;
static uint64_t chance;
static int trash;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void set_up(void) {
    const char *path = getenv("CAMPAIGN_SHIM_CONTROL"), *below = getenv("CAMPAIGN_SHIM_DIRECTORY");
    if (!path || !below || strlen(below) >= sizeof directory) return;
    int fd = REAL(open)(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *shared = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REAL(close)(fd);
    if (shared == MAP_FAILED) return;
    strcpy(directory, below);
    directory_length = strlen(below);
    control = shared;
}

/* Which file */

static int path_of(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static int is_below(const char *path) {
    return directory_length && !strncmp(path, directory, directory_length) &&
           path[directory_length] == '/';
}

static int is_ours(int fd) {
    struct stat about;
    char path[4096];
    if (!directory_length || fstat(fd, &about) || !S_ISREG(about.st_mode)) return 0;
    return path_of(fd, path, sizeof path) && is_below(path);
}

static int is_directory(int fd) {
    char path[4096];
    return directory_length && path_of(fd, path, sizeof path) && !strcmp(path, directory);
}

static struct file *file_of(int fd) {
    struct stat about;
    char link[64];
    if (fstat(fd, &about)) return NULL;
    for (struct file *each = files; each; each = each->next)
        if (each->device == about.st_dev && each->inode == about.st_ino) return each;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int again = REAL(open)(link, O_RDWR | O_CLOEXEC);
    if (again < 0) return NULL;
    struct file *file = calloc(1, sizeof *file);
    *file = (struct file){about.st_dev, about.st_ino, again, files};
    return files = file;
}

/* The record of what is not synced */

static struct change *append(enum kind kind) {
    struct change *change = calloc(1, sizeof *change);
    change->kind = kind;
    change->previous = newest;
    if (newest) newest->next = change; else oldest = change;
    return newest = change;
}

static void forget(struct change *change) {
    if (change->previous) change->previous->next = change->next; else oldest = change->next;
    if (change->next) change->next->previous = change->previous; else newest = change->previous;
    if (change->kind == UNLINK) REAL(unlink)(change->other);
    free(change->data);
    free(change->before);
    free(change->path);
    free(change->other);
    free(change);
}

static void forget_file(struct file *file) {
    for (struct change *each = oldest, *next; each; each = next) {
        next = each->next;
        if (each->file && each->file == file) forget(each);
    }
}

static void forget_names(void) {
    for (struct change *each = oldest, *next; each; each = next) {
        next = each->next;
        if (!each->file) forget(each);
    }
}

static void record_data(enum kind kind, int fd, off_t offset, size_t length, const void *data) {
    struct stat about;
    struct file *file = control->journal ? file_of(fd) : NULL;
    if (!file || fstat(file->fd, &about)) return;
    struct change *change = append(kind);
    change->file = file;
    change->offset = offset;
    change->length = length;
    change->size_before = about.st_size;
    if (data) {
        change->data = malloc(length + 1);
        memcpy(change->data, data, length);
    }
    size_t reach = kind == WRITE ? length : (size_t)about.st_size;
    if (offset < about.st_size) {
        if ((off_t)(offset + reach) > about.st_size) reach = about.st_size - offset;
        change->before = malloc(reach + 1);
        ssize_t got = pread(file->fd, change->before, reach, offset);
        change->length_before = got > 0 ? (size_t)got : 0;
    }
}

static void record_name(enum kind kind, const char *path, const char *other) {
    if (!control->journal) return;
    struct change *change = append(kind);
    change->path = strdup(path);
    change->other = other ? strdup(other) : NULL;
}

/* Taking it back */

static uint64_t draw(void) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance;
}

static void undo(struct change *change) {
    switch (change->kind) {
    case WRITE:
    case TRUNCATE:
        if (change->length_before &&
            REAL(pwrite)(change->file->fd, change->before, change->length_before, change->offset) < 0)
            abort();
        if (REAL(ftruncate)(change->file->fd, change->size_before)) abort();
        break;
    case CREATE: REAL(unlink)(change->path); break;
    case RENAME: REAL(rename)(change->other, change->path); break;
    case UNLINK: REAL(rename)(change->other, change->path); break;
    }
}

static void redo_sectors(struct change *change) {
    size_t kept = 0, all = 0;
    for (size_t start = 0; start < change->length; all++) {
        size_t end = start + SECTOR - (change->offset + start) % SECTOR;
        if (end > change->length) end = change->length;
        if (draw() & 1) {
            if (REAL(pwrite)(change->file->fd, change->data + start, end - start,
                             change->offset + start) < 0)
                abort();
            kept++;
        }
        start = end;
    }
    if (!kept) control->dropped++;
    else if (kept == all) control->kept++;
    else control->torn++;
}

static void redo(struct change *change) {
    if (change->kind == TRUNCATE) {
        if (REAL(ftruncate)(change->file->fd, change->offset)) abort();
    } else if (REAL(pwrite)(change->file->fd, change->data, change->length, change->offset) < 0)
        abort();
    control->kept++;
}

/* Names come back in the order in which they were made, data in any (or, by policy, in order). */
static void cut(void) {
    uint64_t names = 0, changes = 0, number = 0;
    chance = (uint64_t)control->cut_seed * 2654435761u + 88172645463325252u;
    for (struct change *each = oldest; each; each = each->next)
        if (each->file) changes++; else names++;
    uint64_t names_kept = control->cut_policy == DROP_ALL ? 0 : draw() % (names + 1);
    uint64_t prefix = draw() % (changes + 1);
    control->names_dropped += names - names_kept;
    for (struct change *each = newest; each; each = each->previous) {
        if (each->file) undo(each);
        else if (--names >= names_kept) undo(each);
        else if (each->kind == UNLINK) REAL(unlink)(each->other);
    }
    for (struct change *each = oldest; each; each = each->next) {
        if (!each->file) continue;
        int scattered = control->cut_policy == KEEP_SCATTERED;
        int in_order = control->cut_policy == KEEP_PREFIX;
        if (in_order && number < prefix) redo(each);
        else if ((scattered || (in_order && number == prefix)) && each->kind == WRITE)
            redo_sectors(each);
        else if (scattered && draw() & 1) redo(each);
        else control->dropped++;
        number++;
    }
    control->cuts++;
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Called with the lock held, before each operation on a file of ours. */
static void operation(void) {
    control->operations++;
    if (control->cut_after > 0 && --control->cut_after == 0) cut();
}

/* What the process calls */

static int opened(int fd, int flags, int existed) {
    char path[4096];
    if (fd >= 0 && (flags & O_CREAT) && !existed && path_of(fd, path, sizeof path) && is_below(path)) {
        int saved = errno;
        pthread_mutex_lock(&lock);
        record_name(CREATE, path, NULL);
        operation();
        pthread_mutex_unlock(&lock);
        errno = saved;
    }
    return fd;
}

#define MODE(flags)                                                                               \
    mode_t mode = 0;                                                                              \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                        \
        va_list rest;                                                                             \
        va_start(rest, flags);                                                                    \
        mode = va_arg(rest, mode_t);                                                              \
        va_end(rest);                                                                             \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    int existed = (flags & O_CREAT) ? !access(path, F_OK) : 1;
    return opened(REAL(open)(path, flags, mode), flags, existed);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    int existed = (flags & O_CREAT) ? !access(path, F_OK) : 1;
    return opened(REAL(open64)(path, flags, mode), flags, existed);
}

int openat(int at, const char *path, int flags, ...) {
    MODE(flags)
    int existed = (flags & O_CREAT) ? !faccessat(at, path, F_OK, 0) : 1;
    return opened(REAL(openat)(at, path, flags, mode), flags, existed);
}

int openat64(int at, const char *path, int flags, ...) {
    MODE(flags)
    int existed = (flags & O_CREAT) ? !faccessat(at, path, F_OK, 0) : 1;
    return opened(REAL(openat64)(at, path, flags, mode), flags, existed);
}

static ssize_t positioned(int fd, const void *data, size_t length, off_t offset) {
    if (!is_ours(fd)) return REAL(pwrite)(fd, data, length, offset);
    if (control->write_error) {
        errno = control->write_error;
        return -1;
    }
    pthread_mutex_lock(&lock);
    operation();
    record_data(WRITE, fd, offset, length, data);
    ssize_t written = REAL(pwrite)(fd, data, length, offset);
    int saved = errno;
    pthread_mutex_unlock(&lock);
    errno = saved;
    return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return positioned(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return positioned(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
    if (!is_ours(fd)) return REAL(write)(fd, data, length);
    ssize_t written = positioned(fd, data, length, lseek(fd, 0, SEEK_CUR));
    if (written > 0) lseek(fd, written, SEEK_CUR);
    return written;
}

int ftruncate(int fd, off_t size) {
    if (!is_ours(fd)) return REAL(ftruncate)(fd, size);
    pthread_mutex_lock(&lock);
    operation();
    record_data(TRUNCATE, fd, size, 0, NULL);
    int result = REAL(ftruncate)(fd, size);
    int saved = errno;
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

/* As a kernel that could not write its pages and then holds them for clean. */
static void lose(struct file *file) {
    for (struct change *each = newest; each; each = each->previous)
        if (each->file && each->file == file) undo(each);
    forget_file(file);
}

static int synced(int fd, int (*sync)(int)) {
    int ours = is_ours(fd), names = !ours && is_directory(fd);
    if (!ours && !names) return sync(fd);
    if (control->sync_delay_us) usleep(control->sync_delay_us);
    pthread_mutex_lock(&lock);
    operation();
    struct file *file = ours && control->journal ? file_of(fd) : NULL;
    int result = 0, saved = 0;
    if (control->sync_error) {
        if (file) lose(file);
        saved = control->sync_error;
        result = -1;
    } else if (!control->sync_lies) {
        result = sync(fd);
        saved = errno;
        if (!result && file) forget_file(file);
        if (!result && names) forget_names();
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }

int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int rename(const char *from, const char *to) {
    if (!is_below(from) || !is_below(to)) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    operation();
    int result = REAL(rename)(from, to);
    int saved = errno;
    if (!result) record_name(RENAME, from, to);
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int unlink(const char *path) {
    if (!is_below(path) || !control->journal) return REAL(unlink)(path);
    char kept[4200];
    pthread_mutex_lock(&lock);
    operation();
    snprintf(kept, sizeof kept, "%s.unlinked.%d.%d", directory, (int)getpid(), trash++);
    int linked = !link(path, kept);
    int result = REAL(unlink)(path);
    int saved = errno;
    if (!result && linked) record_name(UNLINK, path, kept);
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int unlinkat(int at, const char *path, int flags) {
    return at == AT_FDCWD && !flags ? unlink(path) : REAL(unlinkat)(at, path, flags);
}

/* Time of day; CLOCK_MONOTONIC is left alone, as clocks that are set leave it alone. */

static struct timespec shifted(struct timespec at) {
    int64_t nanoseconds = at.tv_nsec + control->clock_offset_ns % 1000000000;
    at.tv_sec += control->clock_offset_ns / 1000000000;
    if (nanoseconds < 0) at.tv_sec--, nanoseconds += 1000000000;
    if (nanoseconds >= 1000000000) at.tv_sec++, nanoseconds -= 1000000000;
    at.tv_nsec = nanoseconds;
    return at;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    static __typeof__(&clock_gettime) ask;
    if (!ask) ask = REAL(clock_gettime);
    int result = ask(clock, at);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) *at = shifted(*at);
    return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
