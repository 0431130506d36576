// The JavaScript classes that C++ makes instances of, one set for each environment.
#ifndef WEIR_NATIVE_CLASSES_H_
#define WEIR_NATIVE_CLASSES_H_

#include <napi.h>

namespace weir {

struct Classes {
  Napi::FunctionReference kernel_error;
  Napi::FunctionReference object;
  Napi::FunctionReference map;
  Napi::FunctionReference program;
  Napi::FunctionReference link;

  static Classes& Of(Napi::Env env) { return *env.GetInstanceData<Classes>(); }
};

}  // namespace weir

#endif  // WEIR_NATIVE_CLASSES_H_
