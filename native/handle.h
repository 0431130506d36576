// A kernel object that JavaScript holds by a descriptor of its own: what maps, programs and
// links have in common.
#ifndef WEIR_NATIVE_HANDLE_H_
#define WEIR_NATIVE_HANDLE_H_

#include <bpf/bpf.h>
#include <napi.h>

#include <string>

#include "arguments.h"
#include "fd.h"
#include "result.h"

namespace weir {

// Opens a pin that must be of a kind: what the kernel calls it in /proc/PID/fd, as "bpf-map".
Fd OpenPin(Napi::Env env, const std::string& path, std::string_view kind);

inline Napi::Value NewHandle(Napi::Env env, const Napi::FunctionReference& type, Fd fd) {
  return type.New({Napi::External<Fd>::New(env, &fd)});
}

template <typename Derived>
class Handle : public Napi::ObjectWrap<Derived> {
 public:
  // The C++ side of an argument, once it is certain that it has one.
  static Derived& Of(const Napi::Value& value) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Derived::kTag)) {
      throw Napi::TypeError::New(value.Env(),
                                 std::string("argument must be a ") + Derived::kName);
    }
    return *Derived::Unwrap(value.As<Napi::Object>());
  }

  int fd() const {
    if (!fd_) throw KernelFailure("use closed", Derived::kName, -EBADF).ToError(this->Env());
    return fd_.get();
  }

  // A second descriptor, for a thread or an object that may outlive this one.
  Fd Duplicated() const {
    return Fd(Must(this->Env(), Duplicate(fd()), "duplicate a descriptor"));
  }

  void Close(const Napi::CallbackInfo&) { fd_ = Fd(); }

  void Pin(const Napi::CallbackInfo& info) {
    std::string path = ToText(info[0]);
    Must(info.Env(), bpf_obj_pin(fd(), path.c_str()), "pin to", path);
  }

 protected:
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Derived>(info) {
    if (info.Length() == 0 || !info[0].IsExternal()) {
      throw Napi::TypeError::New(info.Env(),
                                 std::string(Derived::kName) + " has no constructor");
    }
    fd_ = std::move(*info[0].As<Napi::External<Fd>>().Data());
    info.This().As<Napi::Object>().TypeTag(&Derived::kTag);
  }

  // What the kernel tells about the object.
  template <typename Info>
  Info Ask() const {
    Info about{};
    uint32_t length = sizeof(about);
    Must(this->Env(), bpf_obj_get_info_by_fd(fd(), &about, &length), "describe",
         Derived::kName);
    return about;
  }

 private:
  Fd fd_;
};

}  // namespace weir

#endif  // WEIR_NATIVE_HANDLE_H_
