#include "map.h"

#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <utility>
#include <vector>

#include "async.h"
#include "classes.h"
#include "program.h"
#include "walk.h"

namespace weir {
namespace {

size_t RoundUp8(size_t size) { return (size + 7) & ~size_t{7}; }

size_t PassedValueSize(const bpf_map_info& shape) {
  switch (shape.type) {
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
      return RoundUp8(shape.value_size) * libbpf_num_possible_cpus();
    default:
      return shape.value_size;
  }
}

}  // namespace

Napi::Function BpfMap::Define(Napi::Env env) {
  return DefineClass(env, kName,
                     {
                         StaticMethod("create", &BpfMap::Create),
                         StaticMethod("open", &BpfMap::Open),
                         InstanceAccessor("shape", &BpfMap::Shape, nullptr),
                         InstanceMethod("get", &BpfMap::Get),
                         InstanceMethod("set", &BpfMap::Set),
                         InstanceMethod("setMap", &BpfMap::SetMap),
                         InstanceMethod("setMaps", &BpfMap::SetMaps),
                         InstanceMethod("setProgram", &BpfMap::SetProgram),
                         InstanceMethod("delete", &BpfMap::Delete),
                         InstanceMethod("setBatch", &BpfMap::SetBatch),
                         InstanceMethod("page", &BpfMap::Page),
                         InstanceMethod("memory", &BpfMap::Memory),
                         InstanceMethod("pin", &BpfMap::Pin),
                         InstanceMethod("close", &BpfMap::Close),
                         InstanceMethod(DisposeSymbol(env), &BpfMap::Close),
                     });
}

BpfMap::BpfMap(const Napi::CallbackInfo& info)
    : Handle(info), shape_(Ask<bpf_map_info>()), value_size_(PassedValueSize(shape_)) {}

Napi::Value BpfMap::Create(const Napi::CallbackInfo& info) {
  Napi::Object shape = ToObject(info[0]);
  Napi::Value name = shape.Get("name"), inner = shape.Get("inner");
  std::string text = name.IsUndefined() ? "" : ToText(name);

  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = NumberOr(shape, "flags", 0));
  if (!inner.IsUndefined()) options.inner_map_fd = Of(inner).fd();
  auto type = static_cast<bpf_map_type>(ToNumber(shape.Get("type")));
  Fd fd(Must(info.Env(),
             bpf_map_create(type, text.empty() ? nullptr : text.c_str(),
                            ToNumber(shape.Get("keySize")), ToNumber(shape.Get("valueSize")),
                            ToNumber(shape.Get("maxEntries")), &options),
             "create map", text));
  return NewHandle(info.Env(), Classes::Of(info.Env()).map, std::move(fd));
}

Napi::Value BpfMap::Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return NewHandle(env, Classes::Of(env).map, OpenPin(env, ToText(info[0]), "bpf-map"));
}

Napi::Value BpfMap::Shape(const Napi::CallbackInfo& info) {
  auto shape = Napi::Object::New(info.Env());
  shape.Set("type", Napi::Number::New(info.Env(), shape_.type));
  shape.Set("keySize", Napi::Number::New(info.Env(), shape_.key_size));
  shape.Set("valueSize", Napi::Number::New(info.Env(), shape_.value_size));
  shape.Set("maxEntries", Napi::Number::New(info.Env(), shape_.max_entries));
  shape.Set("flags", Napi::Number::New(info.Env(), shape_.map_flags));
  shape.Set("id", Napi::Number::New(info.Env(), shape_.id));
  shape.Set("name", shape_.name);
  return shape;
}

Bytes BpfMap::Sized(const Napi::Value& value, size_t size, const char* attempt) const {
  Bytes bytes = ToBytes(value);
  if (bytes.size() != size) {
    throw KernelFailure(
        attempt, shape_.name, -EINVAL,
        std::to_string(bytes.size()) + " bytes given, not " + std::to_string(size))
        .ToError(value.Env());
  }
  return bytes;
}

Napi::Value BpfMap::Get(const Napi::CallbackInfo& info) {
  Bytes key = Sized(info[0], shape_.key_size, "key of");
  auto value = Napi::Uint8Array::New(info.Env(), value_size_);
  int result = bpf_map_lookup_elem(fd(), key.data(), value.Data());
  if (result == -ENOENT) return info.Env().Undefined();
  Must(info.Env(), result, "read", shape_.name);
  return value;
}

void BpfMap::Set(const Napi::CallbackInfo& info) {
  Bytes key = Sized(info[0], shape_.key_size, "key of");
  Bytes value = Sized(info[1], value_size_, "value of");
  uint64_t flags = info[2].IsUndefined() ? uint64_t{BPF_ANY} : ToNumber(info[2]);
  Must(info.Env(), bpf_map_update_elem(fd(), key.data(), value.data(), flags), "write",
       shape_.name);
}

void BpfMap::SetMap(const Napi::CallbackInfo& info) {
  Bytes key = Sized(info[0], shape_.key_size, "key of");
  int inner = Of(info[1]).fd();
  Must(info.Env(), bpf_map_update_elem(fd(), key.data(), &inner, BPF_ANY), "write",
       shape_.name);
}

// Off the main thread: after a change of a map of maps the kernel waits for a grace period.
Napi::Value BpfMap::SetMaps(const Napi::CallbackInfo& info) {
  auto entries = ToArray(info[0]);
  std::vector<uint8_t> keys;
  std::vector<Fd> maps;
  for (uint32_t i = 0; i < entries.Length(); i++) {
    auto entry = ToArray(entries.Get(i));
    Bytes key = Sized(entry.Get(0u), shape_.key_size, "key of");
    keys.insert(keys.end(), key.begin(), key.end());
    maps.push_back(Of(entry.Get(1u)).Duplicated());
  }
  return Async(
      info.Env(),
      [map = Duplicated(), keys = std::move(keys), maps = std::move(maps),
       name = std::string(shape_.name)] {
        std::vector<int> values;
        for (const Fd& inner : maps) values.push_back(inner.get());
        uint32_t count = values.size();
        if (count > 0) {
          Must(bpf_map_update_batch(map.get(), keys.data(), values.data(), &count, nullptr),
               "write", name);
        }
        return count;
      },
      [](Napi::Env env, uint32_t) { return env.Undefined(); });
}

void BpfMap::SetProgram(const Napi::CallbackInfo& info) {
  Bytes key = Sized(info[0], shape_.key_size, "key of");
  int program = Program::Of(info[1]).fd();
  Must(info.Env(), bpf_map_update_elem(fd(), key.data(), &program, BPF_ANY), "write",
       shape_.name);
}

Napi::Value BpfMap::Delete(const Napi::CallbackInfo& info) {
  Bytes key = Sized(info[0], shape_.key_size, "key of");
  int result = bpf_map_delete_elem(fd(), key.data());
  if (result != -ENOENT) Must(info.Env(), result, "delete from", shape_.name);
  return Napi::Boolean::New(info.Env(), result == 0);
}

void BpfMap::SetBatch(const Napi::CallbackInfo& info) {
  Bytes keys = ToBytes(info[0]);
  // Rings and queues have no keys.
  uint32_t count = shape_.key_size ? keys.size() / shape_.key_size : 0;
  Sized(info[0], count * shape_.key_size, "keys of");
  Bytes values = Sized(info[1], count * value_size_, "values of");
  if (count == 0) return;

  uint32_t written = count;
  int result = bpf_map_update_batch(fd(), keys.data(), values.data(), &written, nullptr);
  for (uint32_t i = 0; result == kNoBatches && i < count; i++) {
    Must(info.Env(),
         bpf_map_update_elem(fd(), &keys[i * shape_.key_size], &values[i * value_size_],
                             BPF_ANY),
         "write", shape_.name);
  }
  if (result != kNoBatches) Must(info.Env(), result, "write", shape_.name);
}

// Some entries, and the cursor to go on with unless they were the last.
Napi::Value BpfMap::Page(const Napi::CallbackInfo& info) {
  Walk walk;
  if (!info[0].IsUndefined()) {
    Bytes cursor = ToBytes(info[0]);
    walk.cursor.assign(cursor.begin(), cursor.end());
  }
  Must(info.Env(), Step(walk, fd(), shape_, value_size_), "read", shape_.name);

  auto page = Napi::Object::New(info.Env());
  page.Set("count", Napi::Number::New(info.Env(), walk.count));
  page.Set("keys", FromBytes(info.Env(), {walk.keys.data(), walk.count * shape_.key_size}));
  page.Set("values", FromBytes(info.Env(), {walk.values.data(), walk.count * value_size_}));
  if (!walk.ended) page.Set("cursor", FromBytes(info.Env(), walk.cursor));
  return page;
}

// The mapping lives as long as the view: closing the map does not pull the memory from under
// it. There is one view, for V8 allows no two buffers over the same memory.
Napi::Value BpfMap::Memory(const Napi::CallbackInfo& info) {
  int descriptor = fd();
  if (!memory_.IsEmpty()) return memory_.Value();

  size_t size = RoundUp8(shape_.value_size) * shape_.max_entries;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) Must(info.Env(), -errno, "map into memory", shape_.name);

  auto buffer = Napi::ArrayBuffer::New(info.Env(), memory, size,
                                       [size](Napi::Env, void* data) { munmap(data, size); });
  auto view = Napi::Uint8Array::New(info.Env(), size, buffer, 0);
  memory_ = Napi::Reference<Napi::Uint8Array>::New(view, 1);
  return view;
}

}  // namespace weir
