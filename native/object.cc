#include "object.h"

#include "arguments.h"
#include "async.h"
#include "classes.h"
#include "handle.h"
#include "map.h"
#include "program.h"

namespace weir {
namespace {

// Calls `each(name, value)` for the properties of an option, if it is there.
template <typename Each>
void ForEach(const Napi::Object& options, const char* option, Each each) {
  Napi::Value value = options.Get(option);
  if (value.IsUndefined()) return;
  Napi::Object properties = ToObject(value);
  Napi::Array names = properties.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); i++) {
    std::string name = names.Get(i).ToString();
    each(name, properties.Get(name));
  }
}

LoadPlan PlanOf(const Napi::CallbackInfo& info) {
  LoadPlan plan;
  Bytes elf = ToBytes(info[0]);
  plan.elf.assign(elf.begin(), elf.end());
  if (info[1].IsUndefined()) return plan;

  Napi::Object options = ToObject(info[1]);
  ForEach(options, "constants", [&](const std::string& name, const Napi::Value& value) {
    Bytes bytes = ToBytes(value);
    plan.constants.emplace(name, std::vector(bytes.begin(), bytes.end()));
  });
  ForEach(options, "maxEntries", [&](const std::string& name, const Napi::Value& value) {
    plan.max_entries.emplace(name, ToNumber(value));
  });
  ForEach(options, "reuse", [&](const std::string& name, const Napi::Value& value) {
    plan.reuse.emplace(name, BpfMap::Of(value).Duplicated());
  });
  ForEach(options, "skip", [&](const std::string&, const Napi::Value& value) {
    plan.skip.push_back(ToText(value));
  });
  return plan;
}

}  // namespace

Napi::Function BpfObject::Define(Napi::Env env) {
  return DefineClass(env, "BpfObject",
                     {
                         StaticMethod("load", &BpfObject::LoadElf),
                         InstanceAccessor("mapNames", &BpfObject::MapNames, nullptr),
                         InstanceMethod("map", &BpfObject::Map),
                         InstanceMethod("program", &BpfObject::FindProgram),
                         InstanceMethod("close", &BpfObject::Close),
                         InstanceMethod(DisposeSymbol(env), &BpfObject::Close),
                     });
}

BpfObject::BpfObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (info.Length() == 0 || !info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), "BpfObject has no constructor");
  }
  object_ = std::move(*info[0].As<Napi::External<ObjectPointer>>().Data());
}

Napi::Value BpfObject::LoadElf(const Napi::CallbackInfo& info) {
  return Async(
      info.Env(), [plan = PlanOf(info)] { return Load(plan); },
      [](Napi::Env env, ObjectPointer object) -> Napi::Value {
        return Classes::Of(env).object.New({Napi::External<ObjectPointer>::New(env, &object)});
      });
}

bpf_object* BpfObject::object() const {
  if (!object_) throw KernelFailure("use closed", "BpfObject", -EBADF).ToError(Env());
  return object_.get();
}

Napi::Value BpfObject::Map(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = ToText(info[0]);
  bpf_map* map = bpf_object__find_map_by_name(object(), name.c_str());
  int fd = Must(env, map ? bpf_map__fd(map) : -ENOENT, "find map", name);
  return NewHandle(env, Classes::Of(env).map, Fd(Must(env, Duplicate(fd), "open map", name)));
}

Napi::Value BpfObject::FindProgram(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = ToText(info[0]);
  bpf_program* program = bpf_object__find_program_by_name(object(), name.c_str());
  int fd = Must(env, program ? bpf_program__fd(program) : -ENOENT, "find program", name);
  return NewHandle(env, Classes::Of(env).program,
                   Fd(Must(env, Duplicate(fd), "open program", name)));
}

// The maps that the source declares; not those that libbpf makes for constants and variables.
Napi::Value BpfObject::MapNames(const Napi::CallbackInfo& info) {
  auto names = Napi::Array::New(info.Env());
  bpf_map* map;
  bpf_object__for_each_map(map, object()) {
    if (!bpf_map__is_internal(map)) names.Set(names.Length(), bpf_map__name(map));
  }
  return names;
}

void BpfObject::Close(const Napi::CallbackInfo&) { object_.reset(); }

}  // namespace weir
