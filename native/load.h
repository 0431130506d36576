// From an ELF file to maps and programs in the kernel. Knows nothing of JavaScript: it runs on
// a thread of the pool.
#ifndef WEIR_NATIVE_LOAD_H_
#define WEIR_NATIVE_LOAD_H_

#include <bpf/libbpf.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fd.h"

namespace weir {

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using ObjectPointer = std::unique_ptr<bpf_object, ObjectCloser>;

struct LoadPlan {
  std::vector<uint8_t> elf;
  std::map<std::string, std::vector<uint8_t>> constants;
  std::map<std::string, uint32_t> max_entries;
  std::map<std::string, Fd> reuse;
  std::vector<std::string> skip;
};

// Throws KernelFailure, with the verifier's log if it was the verifier that refused.
ObjectPointer Load(const LoadPlan& plan);

}  // namespace weir

#endif  // WEIR_NATIVE_LOAD_H_
