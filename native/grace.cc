#include "grace.h"

#include <bpf/bpf.h>

#include "async.h"
#include "fd.h"

namespace weir {
namespace {

Fd CreateArray(bpf_map_type type, const bpf_map_create_opts* options) {
  return Fd(Must(bpf_map_create(type, "grace", sizeof(int), sizeof(int), 1, options),
                 "wait for a grace period"));
}

// A change of a map of maps returns only when no running program can hold the old inner map
// (Linux 4.18). membarrier(2) would do, but not on hosts with nohz_full.
int Wait() {
  Fd inner = CreateArray(BPF_MAP_TYPE_ARRAY, nullptr);
  LIBBPF_OPTS(bpf_map_create_opts, options);
  options.inner_map_fd = inner.get();
  Fd outer = CreateArray(BPF_MAP_TYPE_ARRAY_OF_MAPS, &options);

  int key = 0, value = inner.get();
  return Must(bpf_map_update_elem(outer.get(), &key, &value, BPF_ANY),
              "wait for a grace period");
}

}  // namespace

Napi::Value GracePeriod(const Napi::CallbackInfo& info) {
  return Async(info.Env(), Wait, [](Napi::Env env, int) { return env.Undefined(); });
}

}  // namespace weir
