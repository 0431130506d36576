// The attachment of a program to an interface. While it is pinned, it outlives the process.
#ifndef WEIR_NATIVE_LINK_H_
#define WEIR_NATIVE_LINK_H_

#include "handle.h"

namespace weir {

class XdpLink : public Handle<XdpLink> {
 public:
  static constexpr const char* kName = "XdpLink";
  static constexpr napi_type_tag kTag = {0x2a6d94f1083b5ce7, 0xd58e017bc34fa692};

  static Napi::Function Define(Napi::Env env);
  explicit XdpLink(const Napi::CallbackInfo& info) : Handle(info) {}

 private:
  static Napi::Value Attach(const Napi::CallbackInfo& info);
  static Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Shape(const Napi::CallbackInfo& info);
  void Update(const Napi::CallbackInfo& info);
  void Detach(const Napi::CallbackInfo& info);
};

}  // namespace weir

#endif  // WEIR_NATIVE_LINK_H_
