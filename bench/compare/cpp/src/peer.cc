// Command peer decodes and encodes payloads with C++ libprotobuf, as often as it is told to.
//
// It reads commands from standard input, one a line, and answers each with one line:
//
//   load NAME COUNT      followed by COUNT payloads, each behind its length in 4 bytes, lowest first.
//                        Answer: ok
//   bytes NAME           Answer: ok N, and then N bytes: every payload decoded and encoded again,
//                        each behind its length as above.
//   frame NAME SEQ REF   Answer: ok N, and then N bytes: the first payload as the encode command
//                        writes it, with this sequence and reference, behind its frame's length.
//   KIND NAME TIMES      Answer: ok NS, the processor time of doing it so often.
//                        KIND is reused, arena, encode, copy or sum.
//
// Anything that goes wrong is answered by a line that begins with "error", and ends the process.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
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
  std::cout << "error " << why << std::endl;
  std::exit(1);
}

int64_t processorTime() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t(t.tv_sec) * 1000000000 + t.tv_nsec;
}

// A Feed is payloads back to back in one block of memory. Their count is a power of two.
struct Feed {
  std::string block;
  std::vector<size_t> starts;
  std::vector<int> lengths;
  std::vector<std::unique_ptr<Payload>> messages;  // what encode writes
  size_t longest = 0;

  const char *data(uint64_t i) const { return block.data() + starts[i & (starts.size() - 1)]; }
  int length(uint64_t i) const { return lengths[i & (starts.size() - 1)]; }
};

void appendLength(std::string &out, size_t n) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(char(n >> shift));
}

Feed load(size_t count) {
  Feed feed;
  for (size_t i = 0; i < count; i++) {
    unsigned char head[4];
    std::cin.read(reinterpret_cast<char *>(head), sizeof head);
    size_t n = head[0] | head[1] << 8 | head[2] << 16 | size_t(head[3]) << 24;
    if (!std::cin || n > (1 << 24)) fail("no payload");
    feed.starts.push_back(feed.block.size());
    feed.lengths.push_back(int(n));
    feed.longest = std::max(feed.longest, n);
    feed.block.resize(feed.block.size() + n);
    std::cin.read(&feed.block[feed.starts.back()], n);
    if (!std::cin) fail("half a payload");
  }
  for (size_t i = 0; i < count; i++) {
    feed.messages.emplace_back(new Payload);
    if (!feed.messages.back()->ParsePartialFromArray(feed.data(i), feed.length(i))) fail("payload does not parse");
  }
  return feed;
}

// again is every payload decoded into one message that is used again, and encoded.
std::string again(const Feed &feed) {
  std::string out, bytes;
  Payload m;
  for (size_t i = 0; i < feed.starts.size(); i++) {
    if (!m.ParsePartialFromArray(feed.data(i), feed.length(i))) fail("payload does not parse");
    m.SerializePartialToString(&bytes);
    appendLength(out, bytes.size());
    out += bytes;
  }
  return out;
}

void reused(const Feed &feed, uint64_t times) {
  Payload m;
  for (uint64_t i = 0; i < times; i++) {
    if (!m.ParsePartialFromArray(feed.data(i), feed.length(i))) fail("payload does not parse");
  }
}

// arena decodes each payload into a message of an arena that is emptied before: its first block is
// ours and stays.
void arena(const Feed &feed, uint64_t times) {
  static char block[1 << 16];
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = sizeof block;
  google::protobuf::Arena memory(options);
  for (uint64_t i = 0; i < times; i++) {
    memory.Reset();
    Payload *m = google::protobuf::Arena::CreateMessage<Payload>(&memory);
    if (!m->ParsePartialFromArray(feed.data(i), feed.length(i))) fail("payload does not parse");
  }
}

// frame writes the message with a sequence and a reference of its own, behind its length, and
// returns the end.
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

void encode(Feed &feed, uint64_t times) {
  std::vector<uint8_t> buffer(feed.longest + 64);
  uint64_t mask = feed.messages.size() - 1;
  uint64_t seq = feed.messages[0]->eto_payload().seq();
  uint64_t reference = feed.messages[0]->order_create().reference() + feed.messages[0]->order_cancel().reference();
  volatile uint8_t sink = 0;
  for (uint64_t i = 0; i < times; i++) {
    uint8_t *end = frame(feed.messages[i & mask].get(), seq + i, reference + i, buffer.data());
    sink = end[-1];
  }
  (void)sink;
}

void copy(const Feed &feed, uint64_t times) {
  std::vector<char> buffer(feed.longest + 1);
  for (uint64_t i = 0; i < times; i++) {
    std::memcpy(buffer.data(), feed.data(i), feed.length(i));
    asm volatile("" : : "r"(buffer.data()) : "memory");
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

void answer(const std::string &bytes) {
  std::cout << "ok " << bytes.size() << '\n';
  std::cout.write(bytes.data(), bytes.size());
  std::cout.flush();
}

}  // namespace

int main() {
  GOOGLE_PROTOBUF_VERIFY_VERSION;
  std::ios::sync_with_stdio(false);
  std::map<std::string, Feed> feeds;
  std::cout << "ok " << GOOGLE_PROTOBUF_VERSION << std::endl;
  for (std::string kind, name; std::cin >> kind >> name;) {
    uint64_t number = 0, reference = 0;
    if (kind != "bytes" && !(std::cin >> number)) fail("no number");
    if (kind == "load") {
      if (number == 0 || number > (1 << 16) || (number & (number - 1)) != 0) fail("not a power of two");
      std::cin.get();  // the end of the line
      feeds[name] = load(number);
      std::cout << "ok" << std::endl;
      continue;
    }
    auto found = feeds.find(name);
    if (found == feeds.end()) fail("no feed " + name);
    Feed &feed = found->second;
    if (kind == "bytes") {
      answer(again(feed));
      continue;
    }
    if (kind == "frame") {
      if (!(std::cin >> reference)) fail("no reference");
      std::string bytes(feed.longest + 64, 0);
      uint8_t *start = reinterpret_cast<uint8_t *>(&bytes[0]);
      bytes.resize(frame(feed.messages[0].get(), number, reference, start) - start);
      answer(bytes);
      continue;
    }
    int64_t start = processorTime();
    if (kind == "reused") reused(feed, number);
    else if (kind == "arena") arena(feed, number);
    else if (kind == "encode") encode(feed, number);
    else if (kind == "copy") copy(feed, number);
    else if (kind == "sum") sum(feed, number);
    else fail("no command " + kind);
    std::cout << "ok " << processorTime() - start << std::endl;
  }
  return 0;
}
