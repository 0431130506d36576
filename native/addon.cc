// The door's frame: what the addon exports. index.ts is the same, typed.
#include <bpf/libbpf.h>
#include <napi.h>

#include "arguments.h"
#include "classes.h"
#include "grace.h"
#include "link.h"
#include "map.h"
#include "netlink.h"
#include "object.h"
#include "program.h"
#include "ring.h"

namespace weir {
namespace {

// Takes from index.ts the classes that it completes, so that C++ makes instances of those.
void Complete(const Napi::CallbackInfo& info) {
  Napi::Object completed = ToObject(info[0]);
  auto& classes = Classes::Of(info.Env());
  classes.kernel_error = Napi::Persistent(completed.Get("KernelError").As<Napi::Function>());
  classes.map = Napi::Persistent(completed.Get("BpfMap").As<Napi::Function>());
}

void Export(Napi::Object exports, const char* name, Napi::FunctionReference& reference,
            Napi::Function type) {
  reference = Napi::Persistent(type);
  exports.Set(name, type);
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Classes);
  auto& classes = Classes::Of(env);
  Export(exports, "BpfObject", classes.object, BpfObject::Define(env));
  Export(exports, "BpfMap", classes.map, BpfMap::Define(env));
  Export(exports, "Program", classes.program, Program::Define(env));
  Export(exports, "XdpLink", classes.link, XdpLink::Define(env));
  exports.Set("Ring", Ring::Define(env));
  exports.Set("NetlinkSocket", NetlinkSocket::Define(env));
  exports.Set("gracePeriod", Napi::Function::New(env, GracePeriod));
  exports.Set("complete", Napi::Function::New(env, Complete));
  exports.Set("possibleCpus", Napi::Number::New(env, libbpf_num_possible_cpus()));
  return exports;
}

}  // namespace
}  // namespace weir

static Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  return weir::Initialize(env, exports);
}

NODE_API_MODULE(weir, Initialize)
