// A BPF map: keys and values as bytes.
#ifndef WEIR_NATIVE_MAP_H_
#define WEIR_NATIVE_MAP_H_

#include <string>

#include "handle.h"

namespace weir {

class BpfMap : public Handle<BpfMap> {
 public:
  static constexpr const char* kName = "BpfMap";
  static constexpr napi_type_tag kTag = {0x8c1f5d0a6e2b4970, 0xb3d7a4e81c965f02};

  static Napi::Function Define(Napi::Env env);
  explicit BpfMap(const Napi::CallbackInfo& info);

 private:
  static Napi::Value Create(const Napi::CallbackInfo& info);
  static Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Shape(const Napi::CallbackInfo& info);
  Napi::Value Get(const Napi::CallbackInfo& info);
  void Set(const Napi::CallbackInfo& info);
  void SetMap(const Napi::CallbackInfo& info);
  Napi::Value SetMaps(const Napi::CallbackInfo& info);
  void SetProgram(const Napi::CallbackInfo& info);
  Napi::Value Delete(const Napi::CallbackInfo& info);
  void SetBatch(const Napi::CallbackInfo& info);
  Napi::Value Page(const Napi::CallbackInfo& info);
  Napi::Value Memory(const Napi::CallbackInfo& info);

  // The bytes of an argument, which must be as many as the map's keys or values have.
  Bytes Sized(const Napi::Value& value, size_t size, const char* attempt) const;

  bpf_map_info shape_;
  // Of a value as system calls pass it: on per-CPU maps, of all CPUs together.
  size_t value_size_;
  Napi::Reference<Napi::Uint8Array> memory_;
};

}  // namespace weir

#endif  // WEIR_NATIVE_MAP_H_
