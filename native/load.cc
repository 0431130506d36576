#include "load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <algorithm>
#include <cstring>

#include "log.h"
#include "result.h"

namespace weir {
namespace {

// All the program's constants are one map, whose initial value they are at known offsets.
constexpr const char* kConstants = ".rodata";

bpf_map* FindMap(bpf_object* object, const std::string& name, const char* attempt) {
  bpf_map* map = bpf_object__find_map_by_name(object, name.c_str());
  if (!map) throw KernelFailure(attempt, name, -ENOENT, "the object has no such map");
  return map;
}

const btf_var_secinfo* FindConstant(const btf* types, const std::string& name) {
  int section = btf__find_by_name_kind(types, kConstants, BTF_KIND_DATASEC);
  if (section < 0) return nullptr;
  const btf_type* type = btf__type_by_id(types, section);
  const btf_var_secinfo* variables = btf_var_secinfos(type);
  const btf_var_secinfo* end = variables + btf_vlen(type);
  const btf_var_secinfo* found = std::find_if(variables, end, [&](const auto& variable) {
    return name == btf__name_by_offset(types, btf__type_by_id(types, variable.type)->name_off);
  });
  return found == end ? nullptr : found;
}

void SetConstants(bpf_object* object, const LoadPlan& plan) {
  if (plan.constants.empty()) return;
  bpf_map* map = FindMap(object, kConstants, "set constants in");
  size_t size = 0;
  auto* initial = static_cast<const uint8_t*>(bpf_map__initial_value(map, &size));
  std::vector<uint8_t> image(initial, initial + size);

  for (const auto& [name, value] : plan.constants) {
    const btf_var_secinfo* constant = FindConstant(bpf_object__btf(object), name);
    if (!constant) {
      throw KernelFailure("set constant", name, -ENOENT, "the object has no such constant");
    }
    if (value.size() != constant->size) {
      throw KernelFailure(
          "set constant", name, -EINVAL,
          std::to_string(value.size()) + " bytes given, not " + std::to_string(constant->size));
    }
    std::copy(value.begin(), value.end(), image.begin() + constant->offset);
  }
  Must(bpf_map__set_initial_value(map, image.data(), size), "set constants in", kConstants);
}

// The kernel adds this flag to device maps itself, and refuses it from whoever creates one.
uint32_t ComparableFlags(uint32_t type, uint32_t flags) {
  bool device = type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH;
  return device ? flags & ~uint32_t{BPF_F_RDONLY_PROG} : flags;
}

void Reuse(bpf_map* map, int fd) {
  bpf_map_info existing{};
  uint32_t length = sizeof(existing);
  const char* name = bpf_map__name(map);
  Must(bpf_obj_get_info_by_fd(fd, &existing, &length), "describe", name);

  auto compare = [&](const char* what, uint32_t has, uint32_t needs) {
    if (has == needs) return;
    throw KernelFailure(
        "reuse map", name, -EINVAL,
        std::string(what) + " is " + std::to_string(has) + ", not " + std::to_string(needs));
  };
  compare("type", existing.type, bpf_map__type(map));
  compare("key size", existing.key_size, bpf_map__key_size(map));
  compare("value size", existing.value_size, bpf_map__value_size(map));
  compare("number of entries", existing.max_entries, bpf_map__max_entries(map));
  compare("flags", ComparableFlags(existing.type, existing.map_flags),
          ComparableFlags(existing.type, bpf_map__map_flags(map)));
  Must(bpf_map__reuse_fd(map, fd), "reuse map", name);
}

void Skip(bpf_object* object, const std::string& name) {
  bpf_program* program = bpf_object__find_program_by_name(object, name.c_str());
  if (!program) {
    throw KernelFailure("skip program", name, -ENOENT, "the object has no such program");
  }
  Must(bpf_program__set_autoload(program, false), "skip program", name);
}

}  // namespace

ObjectPointer Load(const LoadPlan& plan) {
  LogCapture log;
  // Part of the names of the maps that hold constants and variables.
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "weir");
  ObjectPointer object(bpf_object__open_mem(plan.elf.data(), plan.elf.size(), &options));
  int error = -errno;
  if (!object) throw KernelFailure("open object", "", error, Diagnosis(log.text()), log.text());

  SetConstants(object.get(), plan);
  for (const auto& [name, entries] : plan.max_entries) {
    Must(bpf_map__set_max_entries(FindMap(object.get(), name, "size map"), entries), "size map",
         name);
  }
  for (const auto& [name, fd] : plan.reuse) {
    Reuse(FindMap(object.get(), name, "reuse map"), fd.get());
  }
  for (const auto& name : plan.skip) Skip(object.get(), name);

  if (int result = bpf_object__load(object.get()); result < 0) {
    throw KernelFailure("load object", "", result, Diagnosis(log.text()), log.text());
  }
  return object;
}

}  // namespace weir
