// floor is the least that a round trip over TCP costs: both ends in C, nothing decoded, nothing encoded, nothing
// kept.
//
//   floor server busy|block CORE SCRIPT
//   floor client busy|block CORE SCRIPT PORT WARM
//
// SCRIPT holds the messages in order: 32-bit little-endian lengths of a request and of its reply, then both. The
// server prints its port, takes one connection, and answers the n-th frame with the n-th reply until the other end
// closes it. The client sends the first request, which logs in, and then the last one again and again, since the
// server reads lengths only; each time it waits for as many bytes as the reply has. It writes the times to
// standard output, 32-bit nanoseconds, without the first WARM ones.
//
// busy polls the socket and never sleeps; block sleeps in recv.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// It ends even if the program that started it is gone.
#define SECONDS_MAX 60

struct turn {
	uint32_t request_bytes, reply_bytes;
	const unsigned char *request, *reply;
};

static struct turn *turns;
static uint32_t turn_count;
static int flags; // of recv

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void pin(int core)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof set, &set) != 0)
		die("sched_setaffinity");
}

static void read_script(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		die(path);
	long size = ftell(f);
	unsigned char *p = malloc(size + 1);
	if (size < 0 || p == NULL || fseek(f, 0, SEEK_SET) != 0 || fread(p, 1, size, f) != (size_t)size)
		die(path);
	fclose(f);
	const unsigned char *end = p + size;
	for (uint32_t room = 0; end - p >= 8;) {
		if (turn_count == room) {
			room = room ? 2 * room : 1024;
			if ((turns = realloc(turns, room * sizeof *turns)) == NULL)
				die("realloc");
		}
		struct turn *t = &turns[turn_count++];
		memcpy(&t->request_bytes, p, 4);
		memcpy(&t->reply_bytes, p + 4, 4);
		p += 8;
		if (t->request_bytes > (uint64_t)(end - p) || t->reply_bytes > (uint64_t)(end - p) - t->request_bytes) {
			fprintf(stderr, "%s: cut short\n", path);
			exit(1);
		}
		t->request = p;
		t->reply = p + t->request_bytes;
		p += t->request_bytes + t->reply_bytes;
	}
	if (turn_count < 2) {
		fprintf(stderr, "%s: no messages\n", path);
		exit(1);
	}
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void no_delay(int fd)
{
	int one = 1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0)
		die("TCP_NODELAY");
}

// receive returns at least one byte, or 0 at the end of the connection.
static size_t receive(int fd, unsigned char *b, size_t n)
{
	for (;;) {
		ssize_t got = recv(fd, b, n, flags);
		if (got >= 0)
			return got;
		if (errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			die("recv");
	}
}

static int send_all(int fd, const unsigned char *b, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, b, n, MSG_NOSIGNAL | flags);
		if (sent > 0) {
			b += sent;
			n -= sent;
		} else if (errno == ECONNRESET || errno == EPIPE) {
			return 0;
		} else if (errno != EAGAIN && errno != EINTR) {
			die("send");
		}
	}
	return 1;
}

// frame returns the length of the whole frame at b, or 0 if it is not there yet.
static size_t frame(const unsigned char *b, size_t n)
{
	uint64_t length = 0;
	for (size_t i = 0; i < n && i < 10; i++) {
		length |= (uint64_t)(b[i] & 127) << (7 * i);
		if (b[i] < 128) {
			size_t size = i + 1 + length;
			if (size < 4)
				size = 4;
			return size <= n ? size : 0;
		}
	}
	return 0;
}

static void server(void)
{
	static unsigned char b[1 << 16];
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		die("listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	int fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	no_delay(fd);
	size_t have = 0;
	for (uint32_t next = 0;;) {
		size_t got = receive(fd, b + have, sizeof b - have);
		if (got == 0)
			return;
		have += got;
		size_t done = 0, length;
		while ((length = frame(b + done, have - done)) > 0) {
			done += length;
			if (next == turn_count)
				continue; // a goodbye
			if (!send_all(fd, turns[next].reply, turns[next].reply_bytes))
				return;
			if (++next < turn_count) {
				__builtin_prefetch(turns[next].reply);
				__builtin_prefetch(turns[next].reply + 64);
				__builtin_prefetch(turns[next].reply + 128);
			}
		}
		memmove(b, b + done, have -= done);
	}
}

static void client(int port, uint32_t warm)
{
	static unsigned char b[1 << 16];
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		die("connect");
	no_delay(fd);
	uint32_t *times = calloc(turn_count, sizeof *times);
	if (times == NULL)
		die("calloc");
	const struct turn *order = &turns[turn_count - 1];
	int64_t before = 0;
	for (uint32_t i = 0; i < turn_count; i++) {
		const struct turn *t = i == 0 ? &turns[0] : order;
		if (!send_all(fd, t->request, t->request_bytes))
			die("send");
		for (size_t want = turns[i].reply_bytes; want > 0;) {
			size_t got = receive(fd, b, want < sizeof b ? want : sizeof b);
			if (got == 0)
				die("the server hung up");
			want -= got;
		}
		int64_t after = now();
		times[i] = after - before < UINT32_MAX ? after - before : UINT32_MAX;
		before = after;
	}
	close(fd);
	// The login, the first order and the warm-up are not written.
	for (uint32_t i = 2 + warm; i < turn_count; i++)
		if (fwrite(&times[i], sizeof times[i], 1, stdout) != 1)
			die("standard output");
	if (fflush(stdout) != 0)
		die("standard output");
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: floor server|client busy|block CORE SCRIPT [PORT WARM]\n");
		return 2;
	}
	alarm(SECONDS_MAX);
	flags = strcmp(argv[2], "busy") == 0 ? MSG_DONTWAIT : 0;
	pin(atoi(argv[3]));
	read_script(argv[4]);
	if (strcmp(argv[1], "server") == 0)
		server();
	else if (argc == 7)
		client(atoi(argv[5]), atoi(argv[6]));
	else
		return 2;
	return 0;
}
