// Command codec decodes and encodes payloads with C++ libprotobuf, a given number of times.
//
// It prints libprotobuf's version. Then it reads commands from standard input, one a line, KIND FEED TIMES, and
// answers each with a line: the nanoseconds of processor time of doing it so often, or the reason for which it ends.
// FEED is a file of payloads, a power of two of them, each behind its length in 4 bytes, lowest first. KIND is
// reused, arena, encode, copy, sum, or check, which writes FEED.again, every payload decoded and encoded again, and
// FEED.sent, the first TIMES frames that encode writes.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <time.h>

#include <google/protobuf/arena.h>
#include <google/protobuf/stubs/common.h>

#include "seto.pb.h"

using smarkets::seto::Payload;

namespace {

[[noreturn]] void fail(const std::string &why) {
  std::cout << why << std::endl;
  std::exit(1);
}

int64_t processorTime() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t(t.tv_sec) * 1000000000 + t.tv_nsec;
}

struct Feed {
  std::string block;
  std::vector<size_t> starts;
  std::vector<uint32_t> lengths;
  std::vector<std::unique_ptr<Payload>> messages;  // what encode writes

  const char *data(uint64_t i) const { return block.data() + starts[i & (starts.size() - 1)]; }
  int length(uint64_t i) const { return int(lengths[i & (starts.size() - 1)]); }

  void parse(Payload *m, uint64_t i) const {
    if (!m->ParsePartialFromArray(data(i), length(i))) fail("payload does not parse");
  }
};

Feed load(const std::string &name) {
  std::ifstream file(name, std::ios::binary);
  Feed feed;
  feed.block.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  for (size_t at = 0; at + 4 <= feed.block.size(); at += feed.lengths.back()) {
    uint32_t n;
    std::memcpy(&n, feed.block.data() + at, 4);
    feed.starts.push_back(at += 4);
    feed.lengths.push_back(n);
    if (n > feed.block.size() - at) fail("half a payload");
  }
  size_t count = feed.starts.size();
  if (count == 0 || (count & (count - 1)) != 0) fail("not a power of two of payloads");
  for (size_t i = 0; i < count; i++) {
    feed.messages.emplace_back(new Payload);
    feed.parse(feed.messages.back().get(), i);
  }
  return feed;
}

void reused(const Feed &feed, uint64_t times) {
  Payload m;
  for (uint64_t i = 0; i < times; i++) feed.parse(&m, i);
}

// arena decodes each payload into a message of an arena that is emptied before: its first block is ours and stays.
void arena(const Feed &feed, uint64_t times) {
  static char block[1 << 16];
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = sizeof block;
  google::protobuf::Arena memory(options);
  for (uint64_t i = 0; i < times; i++) {
    memory.Reset();
    feed.parse(google::protobuf::Arena::CreateMessage<Payload>(&memory), i);
  }
}

// frame writes the message with a sequence and a reference of its own, behind its length, and returns the end.
uint8_t *frame(Payload *m, uint64_t seq, uint64_t reference, uint8_t *at) {
  m->mutable_eto_payload()->set_seq(seq);
  if (m->has_order_create()) m->mutable_order_create()->set_reference(reference);
  if (m->has_order_cancel()) m->mutable_order_cancel()->set_reference(reference);
  size_t n = m->ByteSizeLong();
  while (n >= 0x80) {
    *at++ = uint8_t(n) | 0x80;
    n >>= 7;
  }
  *at++ = uint8_t(n);
  return m->SerializeWithCachedSizesToArray(at);
}

// encode writes frames and appends them to out unless that is null. No payload is longer than a quarter of the
// buffer.
void encode(Feed &feed, uint64_t times, std::string *out) {
  static uint8_t buffer[1 << 16];
  uint64_t mask = feed.messages.size() - 1;
  Payload first;
  feed.parse(&first, 0);
  uint64_t seq = first.eto_payload().seq();
  uint64_t reference = first.order_create().reference() + first.order_cancel().reference();
  volatile uint8_t sink = 0;
  for (uint64_t i = 0; i < times; i++) {
    uint8_t *end = frame(feed.messages[i & mask].get(), seq + i, reference + i, buffer);
    sink = end[-1];
    if (out != nullptr) out->append(reinterpret_cast<char *>(buffer), end - buffer);
  }
  (void)sink;
}

void copy(const Feed &feed, uint64_t times) {
  static char buffer[1 << 16];
  for (uint64_t i = 0; i < times; i++) {
    std::memcpy(buffer, feed.data(i), feed.length(i));
    asm volatile("" : : "r"(buffer) : "memory");
  }
}

void sum(const Feed &feed, uint64_t times) {
  for (uint64_t i = 0; i < times; i++) {
    const unsigned char *p = reinterpret_cast<const unsigned char *>(feed.data(i));
    uint64_t s = 0;
    for (int k = 0; k < feed.length(i); k++) s += p[k];
    asm volatile("" : : "r"(s));
  }
}

void check(Feed &feed, const std::string &name, uint64_t times) {
  std::string again, bytes, sent;
  Payload m;
  for (size_t i = 0; i < feed.starts.size(); i++) {
    feed.parse(&m, i);
    m.SerializePartialToString(&bytes);
    uint32_t n = uint32_t(bytes.size());
    again.append(reinterpret_cast<char *>(&n), 4) += bytes;
  }
  encode(feed, times, &sent);
  std::ofstream(name + ".again", std::ios::binary) << again;
  std::ofstream(name + ".sent", std::ios::binary) << sent;
}

}  // namespace

int main() {
  GOOGLE_PROTOBUF_VERIFY_VERSION;
  std::map<std::string, Feed> feeds;
  std::cout << GOOGLE_PROTOBUF_VERSION << std::endl;
  uint64_t times;
  for (std::string kind, name; std::cin >> kind >> name >> times;) {
    if (feeds.count(name) == 0) feeds[name] = load(name);
    Feed &feed = feeds[name];
    int64_t start = processorTime();
    if (kind == "reused") reused(feed, times);
    else if (kind == "arena") arena(feed, times);
    else if (kind == "encode") encode(feed, times, nullptr);
    else if (kind == "copy") copy(feed, times);
    else if (kind == "sum") sum(feed, times);
    else if (kind == "check") check(feed, name, times);
    else fail("no command " + kind);
    std::cout << processorTime() - start << std::endl;
  }
  return 0;
}
