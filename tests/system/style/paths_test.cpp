#include "paths.hpp"

#include <gmock/gmock.h>

#include "built.hpp"
#include "sample_repository.hpp"

namespace shoal::system {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Paths, InTheDocumentationLeadToFiles) {
  EXPECT_THAT(paths_that_lead_nowhere(built::kRepository), IsEmpty());
}

using PathsIn = SampleRepository;

TEST_F(PathsIn, ADocumentMayLeadFromItsFolderFromContainerOrFromTheTop) {
  write("container/elf/facts.hpp", "");
  write("container/elf/test/deep.cpp", "");
  write("container/sdk/include/shoal/abi.hpp", "");
  write("tests/run.sh", "");
  write("container/elf/README.md",
        "# Facts, and more\n`facts.hpp`, `elf/facts.hpp`, `container/elf`, `deep.cpp`, "
        "`shoal/abi.hpp`\n"
        "[run](../../tests/run.sh) [more](#facts-and-more) [web](https://example.org/a.md)\n"
        "`tests/run.sh\n--long`\n```\ntests/run.sh dev\n```\n");
  EXPECT_THAT(paths_that_lead_nowhere(repository_), IsEmpty());
}

TEST_F(PathsIn, ADocumentMayNameWhatIsMadeAtRunTimeOrInstalled) {
  write("README.md",
        "`run/crashes/<pid>.report` `aquarium/12` `/etc/shoal/shoal.yaml` `apps/greet.so` "
        "`RUNBOOK.md` `build/dev` `shoal/*.hpp` `tests/<preset>`\n"
        "```\nmkdir -p apps/greet\n```\n");
  write("CHANGELOG.md", "`daemon/gone.hpp` was there.\n");
  write("build/README.md", "[gone](gone.md)\n");
  EXPECT_THAT(paths_that_lead_nowhere(repository_), IsEmpty());
}

TEST_F(PathsIn, ADocumentAreFoundWhenTheyLeadNowhere) {
  write("container/crash/report.hpp", "");
  write("tests/README.md", "# Tests\n");
  write("container/status/README.md",
        "`report.hpp`\n`status/report.hpp`\n[a](absent.hpp)\n[b](../../tests/README.md#runs)\n"
        "[c](#absent)\n`tests/absent.sh --long`\n```\ncp deploy/absent.conf /etc\n```\n");
  EXPECT_THAT(paths_that_lead_nowhere(repository_),
              ElementsAre("container/status/README.md:1: report.hpp",
                          "container/status/README.md:2: status/report.hpp",
                          "container/status/README.md:3: absent.hpp",
                          "container/status/README.md:4: ../../tests/README.md#runs",
                          "container/status/README.md:5: #absent",
                          "container/status/README.md:6: tests/absent.sh",
                          "container/status/README.md:8: deploy/absent.conf"));
}

}  // namespace
}  // namespace shoal::system
