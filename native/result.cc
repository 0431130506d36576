#include "result.h"

#include <bpf/libbpf.h>

#include <cstring>

#include "classes.h"

namespace weir {
namespace {

// Kernel-internal, yet it leaks from bpf(2) and rtnetlink, and libc has no name for it.
constexpr int kNotSupported = 524;

std::string Reason(int error) {
  if (-error == kNotSupported) return "Operation not supported";
  char text[128] = "";
  libbpf_strerror(error, text, sizeof(text));
  return text;
}

std::string Name(int error) {
  if (-error == kNotSupported) return "ENOTSUPP";
  const char* name = strerrorname_np(-error);
  return name ? name : "ELIBBPF";
}

std::string Sentence(std::string_view attempt, std::string_view subject,
                     std::string_view reason) {
  std::string text(attempt);
  if (!subject.empty()) text.append(" ").append(subject);
  return text.append(": ").append(reason);
}

}  // namespace

KernelFailure::KernelFailure(std::string_view attempt, std::string_view subject, int error,
                             std::string_view reason, std::string log)
    : runtime_error(Sentence(attempt, subject, reason.empty() ? Reason(error) : reason)),
      error_(error),
      log_(std::move(log)) {}

Napi::Error KernelFailure::ToError(Napi::Env env) const {
  Napi::Value log = log_.empty() ? env.Undefined() : Napi::String::New(env, log_);
  Napi::Object error = Classes::Of(env).kernel_error.New({Napi::String::New(env, what()),
                                                          Napi::String::New(env, Name(error_)),
                                                          Napi::Number::New(env, error_), log});
  return Napi::Error(env, error);
}

int Must(int result, std::string_view attempt, std::string_view subject) {
  if (result < 0) throw KernelFailure(attempt, subject, result);
  return result;
}

int Must(Napi::Env env, int result, std::string_view attempt, std::string_view subject) {
  if (result < 0) throw KernelFailure(attempt, subject, result).ToError(env);
  return result;
}

}  // namespace weir
