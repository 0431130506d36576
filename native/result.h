// How a refusal by the kernel or by libbpf becomes a JavaScript KernelError.
#ifndef WEIR_NATIVE_RESULT_H_
#define WEIR_NATIVE_RESULT_H_

#include <napi.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace weir {

// Thrown on any thread; carried to the main thread to become a KernelError.
class KernelFailure : public std::runtime_error {
 public:
  // `error` is a negative errno; without a `reason`, its text is the reason.
  KernelFailure(std::string_view attempt, std::string_view subject, int error,
                std::string_view reason = {}, std::string log = {});

  Napi::Error ToError(Napi::Env env) const;

 private:
  int error_;
  std::string log_;
};

// Returns `result` unless it is a negative errno: then "write vips: No space left on device" is
// thrown for the attempt "write" with the subject "vips".
int Must(int result, std::string_view attempt, std::string_view subject = {});

// The same for the main thread, where only JavaScript errors may be thrown.
int Must(Napi::Env env, int result, std::string_view attempt, std::string_view subject = {});

}  // namespace weir

#endif  // WEIR_NATIVE_RESULT_H_
