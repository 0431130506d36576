// Reading a whole map, many entries at a time.
#ifndef WEIR_NATIVE_WALK_H_
#define WEIR_NATIVE_WALK_H_

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

// Kernel-internal ENOTSUPP, which is what bpf(2) returns for a map type without batches.
constexpr int kNoBatches = -524;

// Where a walk over a map stands, and what its last step has found.
struct Walk {
  std::vector<uint8_t> cursor;  // empty at the start
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
  uint32_t count = 0;
  bool ended = false;
};

// Finds the entries that follow, or returns a negative errno.
int Step(Walk& walk, int fd, const bpf_map_info& shape, size_t value_size);

}  // namespace weir

#endif  // WEIR_NATIVE_WALK_H_
