// Waiting until every program that runs now has ended.
#ifndef WEIR_NATIVE_GRACE_H_
#define WEIR_NATIVE_GRACE_H_

#include <napi.h>

namespace weir {

Napi::Value GracePeriod(const Napi::CallbackInfo& info);

}  // namespace weir

#endif  // WEIR_NATIVE_GRACE_H_
