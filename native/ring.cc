#include "ring.h"

#include "map.h"

namespace weir {

Napi::Function Ring::Define(Napi::Env env) {
  return DefineClass(env, "Ring",
                     {
                         InstanceMethod("close", &Ring::Close),
                         InstanceMethod(DisposeSymbol(env), &Ring::Close),
                     });
}

Ring::Ring(const Napi::CallbackInfo& info)
    : ObjectWrap(info), map_(BpfMap::Of(info[0]).Duplicated()) {
  Napi::Function callback = ToFunction(info[1]);
  ring_.reset(ring_buffer__new(map_.get(), Record, this, nullptr));
  if (!ring_) Must(info.Env(), -errno, "read ring");
  listener_ = std::make_unique<Listener>(info.Env(), callback, map_.get(),
                                         [this](const Listener::Deliver& deliver) {
                                           deliver_ = &deliver;
                                           ring_buffer__consume(ring_.get());
                                         });
  Ref();
}

int Ring::Record(void* ring, void* data, size_t size) {
  auto* bytes = static_cast<uint8_t*>(data);
  (*static_cast<Ring*>(ring)->deliver_)({bytes, bytes + size});
  return 0;
}

void Ring::Close(const Napi::CallbackInfo&) {
  if (!listener_) return;
  listener_.reset();
  ring_.reset();
  map_ = Fd();
  Unref();
}

}  // namespace weir
