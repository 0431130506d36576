// The maps and programs of one ELF file, loaded together.
#ifndef WEIR_NATIVE_OBJECT_H_
#define WEIR_NATIVE_OBJECT_H_

#include <napi.h>

#include "load.h"

namespace weir {

class BpfObject : public Napi::ObjectWrap<BpfObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit BpfObject(const Napi::CallbackInfo& info);

 private:
  static Napi::Value LoadElf(const Napi::CallbackInfo& info);
  Napi::Value Map(const Napi::CallbackInfo& info);
  Napi::Value FindProgram(const Napi::CallbackInfo& info);
  Napi::Value MapNames(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  // The object, or EBADF once closed.
  bpf_object* object() const;

  ObjectPointer object_;
};

}  // namespace weir

#endif  // WEIR_NATIVE_OBJECT_H_
