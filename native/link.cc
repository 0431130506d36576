#include "link.h"

#include <linux/if_link.h>

#include "classes.h"
#include "program.h"

namespace weir {

Napi::Function XdpLink::Define(Napi::Env env) {
  return DefineClass(env, kName,
                     {
                         StaticMethod("attach", &XdpLink::Attach),
                         StaticMethod("open", &XdpLink::Open),
                         InstanceAccessor("shape", &XdpLink::Shape, nullptr),
                         InstanceMethod("update", &XdpLink::Update),
                         InstanceMethod("detach", &XdpLink::Detach),
                         InstanceMethod("pin", &XdpLink::Pin),
                         InstanceMethod("close", &XdpLink::Close),
                         InstanceMethod(DisposeSymbol(env), &XdpLink::Close),
                     });
}

Napi::Value XdpLink::Attach(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int program = Program::Of(info[0]).fd();
  uint32_t interface = ToNumber(info[1]);
  std::string mode = ToText(info[2]);
  uint32_t flags = mode == "native" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;

  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
  Fd fd(Must(env, bpf_link_create(program, interface, BPF_XDP, &options),
             "attach " + mode + " to", "interface " + std::to_string(interface)));
  return NewHandle(env, Classes::Of(env).link, std::move(fd));
}

Napi::Value XdpLink::Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return NewHandle(env, Classes::Of(env).link, OpenPin(env, ToText(info[0]), "bpf-link"));
}

Napi::Value XdpLink::Shape(const Napi::CallbackInfo& info) {
  auto about = Ask<bpf_link_info>();
  auto shape = Napi::Object::New(info.Env());
  shape.Set("id", Napi::Number::New(info.Env(), about.id));
  shape.Set("programId", Napi::Number::New(info.Env(), about.prog_id));
  shape.Set("ifindex", Napi::Number::New(info.Env(), about.xdp.ifindex));
  return shape;
}

// Replaces the program in one step: each packet meets the old one or the new one.
void XdpLink::Update(const Napi::CallbackInfo& info) {
  Must(info.Env(), bpf_link_update(fd(), Program::Of(info[0]).fd(), nullptr), "update", kName);
}

void XdpLink::Detach(const Napi::CallbackInfo& info) {
  Must(info.Env(), bpf_link_detach(fd()), "detach", kName);
}

}  // namespace weir
