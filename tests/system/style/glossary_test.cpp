#include "glossary.hpp"

#include <gmock/gmock.h>

#include "built.hpp"
#include "sample_repository.hpp"

namespace shoal::system {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Glossary, NamesForEachWordAFileThatUsesIt) {
  EXPECT_THAT(faults_of_glossary(std::string(built::kRepository) + "/container/GLOSSARY.md"),
              IsEmpty());
}

class GlossaryOf : public SampleRepository {
 protected:
  std::vector<std::string> faults_of(const std::string& rows) {
    write("GLOSSARY.md", "# Glossary\n\n| word | meaning | file |\n|---|---|---|\n" + rows);
    return faults_of_glossary(repository_ / "GLOSSARY.md");
  }
};

TEST_F(GlossaryOf, GoodRowsIsAccepted) {
  write("control/control_socket.hpp", "/// The control\n/// socket.\n");
  write("modules/load_error.hpp", "class Refusal {};\n");
  write("serving/visit.hpp", "struct TheVisit {};\n");
  EXPECT_THAT(faults_of("| control socket | `run/control.sock`, where commands ask. | "
                        "control/control_socket.hpp |\n"
                        "| refused | Not loaded, with a reason. | modules/load_error.hpp |\n"
                        "| Visit | One request on its way. | serving/visit.hpp |\n"),
              IsEmpty());
}

TEST_F(GlossaryOf, AWordThatItsFileLacksIsRejected) {
  write("page.hpp", "struct Revisit {};\n");
  EXPECT_THAT(faults_of("| epoch | A number. | page.hpp |\n"
                        "| stage | A folder. | absent.hpp |\n"
                        "| visit | One request. | page.hpp |\n"),
              ElementsAre("epoch: not in page.hpp", "stage: absent.hpp does not exist",
                          "visit: not in page.hpp"));
}

TEST_F(GlossaryOf, RowsInDisorderIsRejected) {
  write("all.hpp", "epoch, stage, State");
  EXPECT_THAT(faults_of("| State | One. | all.hpp |\n"
                        "| stage | One. | all.hpp |\n"
                        "| Stage | One. | all.hpp |\n"),
              ElementsAre("stage: comes after state", "Stage: stands twice"));
}

TEST_F(GlossaryOf, ARowThatIsMalformedIsRejected) {
  write("all.hpp", "epoch, stage");
  EXPECT_THAT(faults_of("| epoch | A number. It rises. | all.hpp |\n"
                        "| stage | A folder | all.hpp |\n"
                        "| sweep | A look. |\n"),
              ElementsAre("epoch: the meaning is not one sentence",
                          "stage: the meaning is not one sentence",
                          "| sweep | A look. |: not a row of three cells"));
}

TEST_F(GlossaryOf, NoRowsIsRejected) {
  EXPECT_THAT(faults_of(""), ElementsAre("GLOSSARY.md: has no rows"));
}

}  // namespace
}  // namespace shoal::system
