// The extension module yeoul._native: validates what Python hands over and translates it, nothing else.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstring>

#include "runtime/instance.h"
#include "runtime/loop.h"
#include "runtime/pool.h"
#include "runtime/program.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace yeoul {
namespace {

using Int64s = nb::ndarray<const int64_t, nb::c_contig, nb::device::cpu>;
using Doubles = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;

// Memory of a contiguous buffer, held until it goes.
class Buffer {
 public:
  Buffer(PyObject* object, bool is_writable, int64_t expected, const std::string& name) {
    const int flags = PyBUF_C_CONTIGUOUS | (is_writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &view_, flags) != 0) {
      PyErr_Clear();
      // Dtypes that the buffer protocol has no letter for, such as bfloat16, come as bytes.
      PyObject* bytes = PyObject_CallMethod(object, "view", "s", "uint8");
      if (bytes == nullptr || PyObject_GetBuffer(bytes, &view_, flags) != 0) {
        PyErr_Clear();
        Py_XDECREF(bytes);
        throw nb::type_error((name + " must be a C-contiguous" + (is_writable ? ", writable" : "") + " array").c_str());
      }
      Py_DECREF(bytes);
    }
    held_ = true;
    if (expected >= 0 && view_.len != expected) {
      const std::string text = name + " holds " + std::to_string(view_.len) + " bytes, and the program needs " + std::to_string(expected);
      PyBuffer_Release(&view_);
      held_ = false;
      throw nb::value_error(text.c_str());
    }
  }
  Buffer(Buffer&& other) noexcept : view_(other.view_), held_(other.held_) { other.held_ = false; }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() {
    if (held_) PyBuffer_Release(&view_);
  }
  void* data() const { return view_.buf; }
  int64_t size() const { return view_.len; }

 private:
  Py_buffer view_{};
  bool held_ = false;
};

struct PyProgram {
  std::shared_ptr<const Program> program;
  nb::list host;
};

nb::list as_bytes(const std::vector<std::pair<char*, int64_t>>& parts) {
  nb::list list;
  for (const auto& [memory, size] : parts) {
    size_t shape[1] = {static_cast<size_t>(size)};
    list.append(nb::cast(nb::ndarray<nb::numpy, uint8_t, nb::ndim<1>>(memory, 1, shape, nb::handle()), nb::rv_policy::reference));
  }
  return list;
}

// Runs with the GIL released; takes it back to call Python.
bool call_host(void* owner, int32_t index, const std::vector<std::pair<char*, int64_t>>& inputs,
               const std::vector<std::pair<char*, int64_t>>& outputs);

struct PyInstance {
  PyInstance(const PyInstance&) = delete;
  PyInstance& operator=(const PyInstance&) = delete;
  PyInstance(nb::object owner, nb::sequence slots) : program_object(std::move(owner)) {
    const PyProgram& program = nb::cast<const PyProgram&>(program_object);
    host = program.host;
    const size_t n = nb::len(slots);
    if (n != program.program->slots.size())
      throw nb::value_error(("the program has " + std::to_string(program.program->slots.size()) + " slots, and got " + std::to_string(n)).c_str());
    instance = std::make_shared<Instance>(program.program, call_host, this);
    for (size_t i = 0; i < n; ++i) {
      nb::object slot = slots[i];
      const Slot& spec = program.program->slots[i];
      if (slot.is_none()) {
        unbound.push_back(static_cast<int32_t>(i));
      } else {
        bound.emplace_back(slot.ptr(), spec.writable, spec.size, "slot " + std::to_string(i));
        instance->bind(static_cast<int32_t>(i), bound.back().data());
      }
    }
  }

  void run(nb::handle arrays) {
    PyObject* fast = PySequence_Fast(arrays.ptr(), "run() takes a list of arrays");
    if (fast == nullptr) throw nb::python_error();
    const nb::object keep = nb::steal(fast);
    const auto n = static_cast<size_t>(PySequence_Fast_GET_SIZE(fast));
    if (n != unbound.size())
      throw nb::value_error(("the program takes " + std::to_string(unbound.size()) + " arrays, and got " + std::to_string(n)).c_str());
    std::vector<Buffer> buffers;
    buffers.reserve(n);
    const Program& program = instance->program();
    for (size_t i = 0; i < n; ++i) {
      const Slot& spec = program.slots[static_cast<size_t>(unbound[i])];
      buffers.emplace_back(PySequence_Fast_GET_ITEM(fast, static_cast<Py_ssize_t>(i)), spec.writable, spec.size, "an array for the program");
    }
    BadIndex bad{};
    RunStatus status;
    {
      nb::gil_scoped_release release;
      std::lock_guard<std::mutex> lock(instance->mutex);
      for (size_t i = 0; i < n; ++i) instance->bind(unbound[i], buffers[i].data());
      status = instance->run(&bad);
    }
    check(status, bad);
  }

  void check(RunStatus status, const BadIndex& bad);

  nb::object program_object;
  nb::list host;
  std::shared_ptr<Instance> instance;
  std::vector<Buffer> bound;
  std::vector<int32_t> unbound;
};

// Exceptions raised by a host function wait here, per thread, until the program has returned.
thread_local PyObject* pending_error = nullptr;

bool call_host(void* owner, int32_t index, const std::vector<std::pair<char*, int64_t>>& inputs,
               const std::vector<std::pair<char*, int64_t>>& outputs) {
  nb::gil_scoped_acquire acquire;
  try {
    auto* self = static_cast<PyInstance*>(owner);
    self->host[static_cast<size_t>(index)](as_bytes(inputs), as_bytes(outputs));
    return true;
  } catch (nb::python_error& error) {
    error.restore();
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace != nullptr) PyException_SetTraceback(value, trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    Py_XDECREF(pending_error);
    pending_error = value;
    return false;
  }
}

void raise(RunStatus status, const BadIndex& bad) {
  if (status == RunStatus::BadIndexFound) {
    const std::string text = "index " + std::to_string(bad.index) + " at position " + std::to_string(bad.position) +
                             " is out of range for an axis of size " + std::to_string(bad.axis);
    throw nb::index_error(text.c_str());
  }
  if (status == RunStatus::HostRaised) {
    PyObject* value = pending_error;
    pending_error = nullptr;
    if (value == nullptr) throw std::runtime_error("a host function failed");
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(value)), value);
    Py_DECREF(value);
    throw nb::python_error();
  }
}

void PyInstance::check(RunStatus status, const BadIndex& bad) { raise(status, bad); }

struct PyPhase {
  PyPhase() = default;
  PyPhase(const PyPhase&) = delete;
  PyPhase& operator=(const PyPhase&) = delete;

  Phase phase;
  std::vector<nb::object> keep;
  std::vector<Buffer> buffers;
};

std::shared_ptr<Instance> instance_of(PyPhase& self, const nb::object& object) {
  if (object.is_none()) return nullptr;
  self.keep.push_back(object);
  return nb::cast<PyInstance&>(object).instance;
}

void check_unbound(const nb::object& instance, std::vector<int32_t> given, const char* which) {
  if (instance.is_none()) return;
  std::vector<int32_t> wanted = nb::cast<PyInstance&>(instance).unbound;
  std::sort(given.begin(), given.end());
  if (wanted != given) throw nb::value_error((std::string("the data arrays do not fill the free slots of `") + which + "`").c_str());
}

void make_phase(PyPhase* self, int64_t samples, int64_t batch, int64_t steps, nb::object step, nb::object tail, nb::object result,
                nb::object reset, nb::object logs, nb::sequence data, nb::object shuffle) {
  new (self) PyPhase();
  Phase& phase = self->phase;
  if (samples < 1 || batch < 1 || steps < 1) throw nb::value_error("samples, batch and steps must be 1 or more");
  if ((steps - 1) >= (samples + batch - 1) / batch) throw nb::value_error("there are fewer samples than steps * batch");
  phase.samples = samples, phase.batch = batch, phase.steps = steps;
  phase.step = instance_of(*self, step);
  phase.tail = instance_of(*self, tail);
  phase.result = instance_of(*self, result);
  phase.reset = instance_of(*self, reset);
  const int64_t whole = samples / batch;
  if (steps > whole && !phase.tail) throw nb::value_error("the last, smaller batch needs a `tail` program");
  if (whole > 0 && !phase.step) throw nb::value_error("whole batches need a `step` program");
  if (!logs.is_none()) {
    self->buffers.emplace_back(logs.ptr(), true, -1, "logs");
    phase.logs = static_cast<const double*>(self->buffers.back().data());
    phase.n_logs = self->buffers.back().size() / static_cast<int64_t>(sizeof(double));
  }
  std::vector<int32_t> step_slots, tail_slots;
  for (nb::handle item : data) {
    const auto entry = nb::cast<nb::tuple>(item);
    if (nb::len(entry) != 3) throw nb::value_error("each entry of data is (array, step slot, tail slot)");
    self->buffers.emplace_back(nb::handle(entry[0]).ptr(), false, -1, "a data array");
    self->keep.push_back(nb::borrow(nb::handle(entry[0])));
    const Buffer& buffer = self->buffers.back();
    if (buffer.size() % samples) throw nb::value_error("a data array has another number of samples");
    Data row{static_cast<const char*>(buffer.data()), buffer.size() / samples, nb::cast<int32_t>(entry[1]), nb::cast<int32_t>(entry[2])};
    const auto fits = [&](const std::shared_ptr<Instance>& instance, int32_t slot, int64_t rows, const char* which) {
      if (!instance) return;
      const auto& slots = instance->program().slots;
      if (slot < 0 || slot >= static_cast<int32_t>(slots.size()) || slots[static_cast<size_t>(slot)].size != rows * row.row_bytes ||
          slots[static_cast<size_t>(slot)].writable)
        throw nb::value_error((std::string("a data array does not fit its slot of `") + which + "`").c_str());
    };
    fits(phase.step, row.step_slot, batch, "step");
    fits(phase.tail, row.tail_slot, samples % batch, "tail");
    if (phase.step) step_slots.push_back(row.step_slot);
    if (phase.tail) tail_slots.push_back(row.tail_slot);
    phase.data.push_back(row);
  }
  if (phase.step) check_unbound(step, step_slots, "step");
  if (phase.tail) check_unbound(tail, tail_slots, "tail");
  check_unbound(result, {}, "result");
  check_unbound(reset, {}, "reset");
  if (!shuffle.is_none()) {
    self->buffers.emplace_back(shuffle.ptr(), true, 8, "shuffle");
    phase.shuffle = static_cast<uint32_t*>(self->buffers.back().data());
  }
}

struct PyLoop {
  PyLoop(const PyLoop&) = delete;
  PyLoop& operator=(const PyLoop&) = delete;
  explicit PyLoop(nb::sequence list) {
    std::vector<Phase> phases;
    for (nb::handle item : list) {
      keep.push_back(nb::borrow(item));
      phases.push_back(nb::cast<PyPhase&>(item).phase);
    }
    if (phases.empty()) throw nb::value_error("a loop needs at least one phase");
    loop = std::make_unique<Loop>(std::move(phases));
  }

  nb::tuple run(int64_t max_epochs, int64_t max_steps, double seconds) {
    LoopPosition position{};
    BadIndex bad{};
    RunStatus status;
    {
      nb::gil_scoped_release release;
      std::lock_guard<std::mutex> lock(loop->mutex);
      status = loop->run(max_epochs, max_steps, seconds, &position, &bad);
    }
    raise(status, bad);
    return nb::make_tuple(position.epochs, position.step, position.phase);
  }

  static nb::object array_of(std::vector<double> values, size_t rows, size_t columns, bool is_matrix) {
    auto* memory = new std::vector<double>(std::move(values));
    nb::capsule owner(memory, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
    if (is_matrix) {
      size_t shape[2] = {rows, columns};
      return nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<2>>(memory->data(), 2, shape, owner));
    }
    size_t shape[1] = {columns};
    return nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<1>>(memory->data(), 1, shape, owner));
  }

  nb::object rows() {
    std::vector<double> values;
    int64_t width;
    {
      nb::gil_scoped_release release;
      std::lock_guard<std::mutex> lock(loop->mutex);
      values = loop->take_rows();
      width = loop->row_width();
    }
    const size_t n = width ? values.size() / static_cast<size_t>(width) : 0;
    return array_of(std::move(values), n, static_cast<size_t>(width), true);
  }

  nb::object peek() {
    std::vector<double> logs;
    BadIndex bad{};
    RunStatus status;
    {
      nb::gil_scoped_release release;
      std::lock_guard<std::mutex> lock(loop->mutex);
      status = loop->peek(&bad, &logs);
    }
    raise(status, bad);
    const size_t n = logs.size();
    return array_of(std::move(logs), 1, n, false);
  }

  std::vector<nb::object> keep;
  std::unique_ptr<Loop> loop;
};

template <size_t N>
nb::dict enumeration(const char* const (&names)[N]) {
  nb::dict result;
  for (size_t i = 0; i < N; ++i) result[names[i]] = i;
  return result;
}

const char* const kOpcodes[] = {
#define X(name) #name,
    YEOUL_OPCODES(X)
#undef X
};
const char* const kMapOps[] = {
#define X(name, arity) #name,
    YEOUL_MAP_OPS(X)
#undef X
};
const char* const kReductions[] = {
#define X(name) #name,
    YEOUL_REDUCTIONS(X)
#undef X
};
const char* const kDTypes[] = {"bool",  "uint8",  "int8",  "uint16",  "int16",    "uint32", "int32",
                               "uint64", "int64", "float16", "bfloat16", "float32", "float64"};

}  // namespace
}  // namespace yeoul

NB_MODULE(_native, m) {
  using namespace yeoul;
  m.doc() = "Runs flat programs: instructions over values in an arena, external slots and constants.";
  m.attr("OPCODES") = enumeration(kOpcodes);
  m.attr("MAP_OPS") = enumeration(kMapOps);
  m.attr("REDUCTIONS") = enumeration(kReductions);
  m.attr("DTYPES") = enumeration(kDTypes);
  m.def("isa", [] { return kernels().name; }, "Name of the instruction set that the kernels in use were compiled for.");
  m.def("num_threads", [] { return Pool::instance().threads(); });
  m.def("set_num_threads", [](int count) { Pool::instance().set_threads(count); }, "count"_a);

  nb::class_<PyProgram>(m, "Program")
      .def("__init__",
           [](PyProgram* self, Int64s values, Int64s slots, int64_t arena_bytes, nb::bytes constants, Int64s code, Doubles numbers,
              nb::list host) {
             if (values.ndim() != 2 || values.shape(1) != 5) throw nb::value_error("values must have five columns");
             if (slots.ndim() != 2 || slots.shape(1) != 2) throw nb::value_error("slots must have two columns");
             if (code.ndim() != 1 || numbers.ndim() != 1) throw nb::value_error("code and numbers must be vectors");
             auto program = std::make_shared<const Program>(
                 std::span(values.data(), values.size()), std::span(slots.data(), slots.size()), arena_bytes,
                 std::string(constants.c_str(), constants.size()), std::span(code.data(), code.size()),
                 std::span(numbers.data(), numbers.size()), static_cast<int64_t>(nb::len(host)));
             new (self) PyProgram{std::move(program), host};
           },
           "values"_a, "slots"_a, "arena_bytes"_a, "constants"_a, "code"_a, "numbers"_a, "host"_a);
  nb::class_<PyInstance>(m, "Instance")
      .def(nb::init<nb::object, nb::sequence>(), "program"_a, "slots"_a)
      .def("run", &PyInstance::run, "arrays"_a);
  nb::class_<PyPhase>(m, "Phase")
      .def("__init__", &make_phase, "samples"_a, "batch"_a, "steps"_a, "step"_a.none(), "tail"_a.none(), "result"_a.none(),
           "reset"_a.none(), "logs"_a.none(), "data"_a, "shuffle"_a.none());
  nb::class_<PyLoop>(m, "Loop")
      .def(nb::init<nb::sequence>(), "phases"_a)
      .def("run", &PyLoop::run, "max_epochs"_a, "max_steps"_a, "time_slice"_a)
      .def("rows", &PyLoop::rows)
      .def("peek", &PyLoop::peek);
}
