// A loaded BPF program.
#ifndef WEIR_NATIVE_PROGRAM_H_
#define WEIR_NATIVE_PROGRAM_H_

#include "handle.h"

namespace weir {

class Program : public Handle<Program> {
 public:
  static constexpr const char* kName = "Program";
  static constexpr napi_type_tag kTag = {0x5e90c2b7f4a1438d, 0x97c61d3f08b2ea54};

  static Napi::Function Define(Napi::Env env);
  explicit Program(const Napi::CallbackInfo& info) : Handle(info) {}

 private:
  static Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Shape(const Napi::CallbackInfo& info);
  Napi::Value Run(const Napi::CallbackInfo& info);
};

}  // namespace weir

#endif  // WEIR_NATIVE_PROGRAM_H_
