/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files, and descriptors over sockets. Errors name only what failed ("memory.max: Invalid
 * argument"); the caller adds the place.
 */
#ifndef KIST_IO_H
#define KIST_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "spec/arena.h"
#include "spec/error.h"

/**
 * io_no_descriptors() - allocate room for descriptors, all of which are -1: none is open.
 */
int *io_no_descriptors(struct arena *arena, size_t count);

/**
 * io_write_file() - write text to an existing file in one write(2), as kernel files want it.
 * @directory: directory descriptor
 * @name: one path component, or a path below directory that no attacker can change
 *
 * Return: 0 or -errno
 */
int io_write_file(int directory, const char *name, const char *text, struct error *err);

/**
 * io_read_file() - read a whole small file.
 * @size: room in buffer; the text is cut to it and always ends in NUL
 *
 * Return: length or -errno
 */
ssize_t io_read_file(int directory, const char *name, char *buffer, size_t size, struct error *err);

/**
 * io_create_file() - make a new file with these bytes; it must not exist, and a symbolic link in
 * its place is not followed.
 */
int io_create_file(int directory, const char *name, mode_t mode, const void *data, size_t size,
		   struct error *err);

/**
 * io_replace_file() - give a file new contents at once: a process that opens the file sees the old
 * contents or the new ones.
 */
int io_replace_file(int directory, const char *name, mode_t mode, const void *data, size_t size,
		    struct error *err);

/**
 * io_lock() - take a lock (flock(2)), and wait for the processes that hold it, but not for ever.
 * @operation: LOCK_SH or LOCK_EX
 *
 * Return: 0; -EBUSY after wait_ms; -errno
 */
int io_lock(int fd, int operation, int wait_ms, struct error *err);

/**
 * io_check_socket() - refuse a path that has no room in a socket's address.
 * @option: the name of the option that gave the path, for the error
 */
int io_check_socket(const char *path, const char *option, struct error *err);

/**
 * io_connect() - connect to a listening stream socket, in order to send. Neither connecting nor
 * sending takes longer than 10 s.
 * @path: at most 107 bytes, which the caller has checked
 * @cancel: a descriptor that ends the wait once it is readable; NULL: none
 *
 * Return: descriptor; -ETIMEDOUT when nobody accepts; -ECANCELED; -errno
 */
int io_connect(const char *path, const int *cancel, struct error *err);

/* The kernel takes so many descriptors in one message. */
enum { IO_DESCRIPTORS_MAX = 253 };

/**
 * io_send_descriptors() - send data and descriptors as one message (SCM_RIGHTS).
 * @count: at most IO_DESCRIPTORS_MAX
 */
int io_send_descriptors(int socket, const void *data, size_t size, const int *descriptors,
			size_t count, struct error *err);

/**
 * io_receive_descriptors() - receive one message.
 * @descriptors: set to those that came with it, in their order
 * @room: how many there may be, at most IO_DESCRIPTORS_MAX
 * @count: set to how many there are; fewer than were sent when RLIMIT_NOFILE is reached
 *
 * Return: bytes received, 0 at end-of-file, or -errno
 */
ssize_t io_receive_descriptors(int socket, void *data, size_t size, int *descriptors, size_t room,
			       size_t *count, struct error *err);

/**
 * io_send_descriptor() - send data and one descriptor as one message (SCM_RIGHTS).
 * @descriptor: -1: none
 */
int io_send_descriptor(int socket, const void *data, size_t size, int descriptor,
		       struct error *err);

/**
 * io_give_descriptor() - as io_send_descriptor(), but over a connection of io_connect() to a
 * process outside of kist. Errors differ, so that the end of that process does not pass for the end
 * of a container or its processes.
 *
 * Return: 0; -ECONNABORTED when the peer has closed the connection; -ETIMEDOUT when the peer does
 * not read; -errno
 */
int io_give_descriptor(int connection, const void *data, size_t size, int descriptor,
		       struct error *err);

/**
 * io_receive_descriptor() - receive one message.
 * @descriptor: set to the descriptor that came with it, or -1; may be NULL where none is expected
 *
 * Return: bytes received, 0 at end-of-file, or -errno
 */
ssize_t io_receive_descriptor(int socket, void *data, size_t size, int *descriptor,
			      struct error *err);

#endif
