# cmake -D PLAN=FILE -D TREE=BUILD_FOLDER -P ShoalPublish.cmake: publishes the modules of the plan.
#
# Puts each module into its apps folder, unless the file there is the same. Removes modules that an earlier
# build of the same build folder has published and this one no longer builds. All files are copied under
# temporary names first; then renames and removals follow within microseconds, so that the container sees
# them as one drop.
#
# Several build folders may publish into one apps folder. Each keeps a record there, a hidden file that
# lists what it has published. A file is removed only if it is still the published one, and if no other
# existing build folder has it in its record.
cmake_minimum_required(VERSION 3.25)

string(SHA256 id ${TREE})
string(SUBSTRING ${id} 0 8 id)
set(record .shoal-build-${id})
# Lists the apps folders that this build folder has published into.
set(list_of_folders ${TREE}/CMakeFiles/shoal_published/folders)

# The plan is a list of calls of this macro.
macro(shoal_publish folder module linked)
  list(APPEND plan_folders "${folder}")
  list(APPEND plan_modules "${module}")
  list(APPEND plan_linked "${linked}")
endmacro()

# Copies each module of `folder` that differs, under a temporary name. Sets `modules` to the modules that the
# plan has for this folder, and `lines` to their lines in the record.
function(prepare folder)
  set(modules)
  set(lines)
  foreach(of module linked IN ZIP_LISTS plan_folders plan_modules plan_linked)
    if(NOT of STREQUAL folder)
      continue()
    endif()
    file(SHA256 ${linked} new)
    list(APPEND modules ${module})
    list(APPEND lines "${new} ${module}")
    set(old)
    if(EXISTS ${folder}/${module})
      file(SHA256 ${folder}/${module} old)
    endif()
    if(NOT new STREQUAL old)
      cmake_path(GET module PARENT_PATH parent)
      file(MAKE_DIRECTORY ${folder}/${parent})
      file(COPY_FILE ${linked} ${folder}/${module}.${id})
      set_property(GLOBAL APPEND PROPERTY changed ${folder}/${module})
    endif()
  endforeach()
  set(modules "${modules}" PARENT_SCOPE)
  set(lines "${lines}" PARENT_SCOPE)
endfunction()

# Sets `result` to the modules that other build folders have published into `folder`.
function(published_by_others folder result)
  set(modules)
  file(GLOB records ${folder}/.shoal-build-*)
  list(REMOVE_ITEM records ${folder}/${record})
  foreach(other IN LISTS records)
    file(STRINGS ${other} lines)
    list(POP_FRONT lines tree)
    if(EXISTS ${tree}/CMakeCache.txt)
      list(TRANSFORM lines REPLACE "^[^ ]+ " "")
      list(APPEND modules ${lines})
    endif()
  endforeach()
  set(${result} "${modules}" PARENT_SCOPE)
endfunction()

# Finds what to remove: the modules that are in `lines`, an earlier record, and not in `wanted`.
function(find_unwanted folder wanted lines)
  published_by_others(${folder} others)
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([^ ]+) (.+)$" line "${line}")
    set(published ${CMAKE_MATCH_1})
    set(module ${CMAKE_MATCH_2})
    set(file ${folder}/${module})
    if(module IN_LIST wanted OR module IN_LIST others OR NOT EXISTS ${file})
      continue()
    endif()
    file(SHA256 ${file} now)
    if(now STREQUAL published AND NOT IS_SYMLINK ${file})
      set_property(GLOBAL APPEND PROPERTY unwanted ${file})
    else()
      message(STATUS "${file}: no longer built, and another file than this build has published; "
                     "remove it unless you need it")
    endif()
  endforeach()
endfunction()

# Sets `result` to ON if the plan has nothing for `folder`, and publishes modules of its record `lines` into
# another folder. A container may still serve the former folder, so that is then not changed.
function(is_former_folder folder lines result)
  set(${result} OFF PARENT_SCOPE)
  if(folder IN_LIST plan_folders)
    return()
  endif()
  list(TRANSFORM lines REPLACE "^[^ ]+ " "")
  foreach(module IN LISTS lines)
    if(module IN_LIST plan_modules)
      set(${result} ON PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Writes the file, unless it has this text already.
function(write_lines file lines)
  list(JOIN lines "\n" text)
  set(old)
  if(EXISTS ${file})
    file(READ ${file} old)
  endif()
  if(NOT "${text}\n" STREQUAL old)
    file(WRITE ${file} "${text}\n")
  endif()
endfunction()

include(${PLAN})
set(folders ${plan_folders})
if(EXISTS ${list_of_folders})
  file(STRINGS ${list_of_folders} former)
  list(APPEND folders ${former})
endif()
list(REMOVE_DUPLICATES folders)

foreach(folder IN LISTS folders)
  prepare(${folder})
  set(earlier)
  if(EXISTS ${folder}/${record})
    file(STRINGS ${folder}/${record} earlier)
    list(POP_FRONT earlier)
  endif()
  is_former_folder(${folder} "${earlier}" is_former)
  if(NOT is_former AND (modules OR earlier))
    find_unwanted(${folder} "${modules}" "${earlier}")
    set_property(GLOBAL PROPERTY "lines of ${folder}" "${TREE};${lines}")
  endif()
endforeach()

get_property(changed GLOBAL PROPERTY changed)
get_property(unwanted GLOBAL PROPERTY unwanted)
foreach(file IN LISTS changed)
  file(RENAME ${file}.${id} ${file})
endforeach()
if(unwanted)
  file(REMOVE ${unwanted})
endif()

foreach(file IN LISTS unwanted)
  message(STATUS "${file}: removed, because it is no longer built")
  # Removes empty folders too. The apps folder is not empty: it has the record.
  cmake_path(GET file PARENT_PATH parent)
  execute_process(COMMAND rmdir -p ${parent} ERROR_QUIET)
endforeach()
foreach(folder IN LISTS folders)
  get_property(lines GLOBAL PROPERTY "lines of ${folder}")
  if(lines)
    write_lines(${folder}/${record} "${lines}")
  endif()
endforeach()
if(folders)
  write_lines(${list_of_folders} "${folders}")
endif()
