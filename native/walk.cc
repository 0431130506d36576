#include "walk.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace weir {
namespace {

constexpr uint32_t kPageEntries = 4096;

// One system call for many entries. The cursor is the kernel's own: a bucket or a key.
int StepByBatch(Walk& walk, int fd, const bpf_map_info& shape, size_t value_size) {
  std::vector<uint8_t> next(std::max<size_t>(shape.key_size, sizeof(uint32_t)));
  int result;
  // A hash bucket comes whole or, with ENOSPC, not at all.
  for (uint32_t room = kPageEntries;; room *= 2) {
    walk.keys.resize(size_t{room} * shape.key_size);
    walk.values.resize(size_t{room} * value_size);
    walk.count = room;
    void* from = walk.cursor.empty() ? nullptr : walk.cursor.data();
    result = bpf_map_lookup_batch(fd, from, next.data(), walk.keys.data(), walk.values.data(),
                                  &walk.count, nullptr);
    if (result != -ENOSPC || room > shape.max_entries) break;
  }
  walk.ended = result == -ENOENT;
  walk.cursor = std::move(next);
  return walk.ended ? 0 : result;
}

int StepByKey(Walk& walk, int fd, const bpf_map_info& shape, size_t value_size) {
  std::vector<uint8_t> key(shape.key_size);
  walk.keys.clear();
  walk.values.clear();
  for (walk.count = 0; walk.count < kPageEntries;) {
    void* from = walk.cursor.empty() ? nullptr : walk.cursor.data();
    int result = bpf_map_get_next_key(fd, from, key.data());
    walk.ended = result == -ENOENT;
    if (walk.ended) return 0;
    if (result < 0) return result;

    walk.cursor = key;
    walk.values.resize((walk.count + 1) * value_size);
    result = bpf_map_lookup_elem(fd, key.data(), &walk.values[walk.count * value_size]);
    if (result == -ENOENT) continue;
    if (result < 0) return result;
    walk.keys.insert(walk.keys.end(), key.begin(), key.end());
    walk.count++;
  }
  return 0;
}

}  // namespace

int Step(Walk& walk, int fd, const bpf_map_info& shape, size_t value_size) {
  std::vector<uint8_t> start = walk.cursor;
  int result = StepByBatch(walk, fd, shape, value_size);
  if (result != kNoBatches) return result;
  walk.cursor = std::move(start);
  return StepByKey(walk, fd, shape, value_size);
}

}  // namespace weir
