# nas_floor(NAME [TORCH] DEPENDS …): all sources of this folder as an object library `nas_NAME`. Files are globbed, so
# that a plug-in is one added file; object libraries, since a static one would drop self-registration.
function(nas_floor name)
  cmake_parse_arguments(FLOOR "TORCH" "" "DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NAS_CUDA)
    list(FILTER sources EXCLUDE REGEX "/no_cuda\\.cpp$")
    set(cuda_sources ${sources})
    list(FILTER cuda_sources INCLUDE REGEX "/cuda\\.cpp$")
    # Only these see CUDA's headers, so that all other files compile as they do without CUDA.
    set_source_files_properties(${cuda_sources} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
                                INCLUDE_DIRECTORIES "${CUDAToolkit_INCLUDE_DIRS}")
  else()
    list(FILTER sources EXCLUDE REGEX "/cuda\\.cpp$")
  endif()
  add_library(nas_${name} OBJECT ${sources})
  target_include_directories(nas_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(nas_${name} PUBLIC ${FLOOR_DEPENDS})
  if(FLOOR_TORCH)
    target_link_libraries(nas_${name} PUBLIC nas::torch)
    nas_torch_header(nas_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY NAS_FLOORS nas_${name})
endfunction()

# The precompiled torch header, compiled once and shared.
function(nas_torch_header target)
  if(NOT TARGET nas_torch_pch)
    file(WRITE ${PROJECT_BINARY_DIR}/torch_pch.cpp "")
    add_library(nas_torch_pch OBJECT ${PROJECT_BINARY_DIR}/torch_pch.cpp)
    target_link_libraries(nas_torch_pch PUBLIC nas::torch)
    target_include_directories(nas_torch_pch PUBLIC ${PROJECT_SOURCE_DIR})
    target_precompile_headers(nas_torch_pch PRIVATE <torch/types.h> <torch/csrc/autograd/custom_function.h>
                              <map> <string> <vector> <nlohmann/json.hpp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM nas_torch_pch)
endfunction()
