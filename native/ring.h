// The reader of a BPF ring buffer.
#ifndef WEIR_NATIVE_RING_H_
#define WEIR_NATIVE_RING_H_

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>

#include "fd.h"
#include "listener.h"

namespace weir {

class Ring : public Napi::ObjectWrap<Ring> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Ring(const Napi::CallbackInfo& info);

 private:
  struct RingCloser {
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };

  static int Record(void* ring, void* data, size_t size);
  void Close(const Napi::CallbackInfo& info);

  Fd map_;
  std::unique_ptr<ring_buffer, RingCloser> ring_;
  // Set while the listener's thread consumes.
  const Listener::Deliver* deliver_ = nullptr;
  std::unique_ptr<Listener> listener_;
};

}  // namespace weir

#endif  // WEIR_NATIVE_RING_H_
