// fuzz_seeds FOLDER: writes the inputs that fuzzing begins from, FOLDER/<target>/<name>. They come
// from our own writers, the test server and the recorded answers; the same at every run.
#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/manifest.h"
#include "core/archive/tarheader.h"
#include "core/archive/toc.h"
#include "core/store/document.h"
#include "tests/archive/archivetesting.h"
#include "tests/archive/tarbuilder.h"
#include "tests/backup/sampleserver.h"
#include "tests/support/fakeanswers.h"

#include <cstdio>

namespace {

using archivetesting::TarBuilder;

base::fs::path folder;
bool isGood = true;

void seed(const char *target, const std::string &name, const std::string &bytes)
{
    const base::fs::path place = folder / target;
    base::fs::create_directories(place);
    std::FILE *file = std::fopen((place / name).c_str(), "wb");
    isGood = isGood && file != nullptr && !bytes.empty()
        && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    isGood = (file == nullptr || std::fclose(file) == 0) && isGood;
}

archivetesting::Files someFiles()
{
    archivetesting::Files files;
    archivetesting::addDatabase(files, "org_1", archivetesting::someBytes(700, 1, 3));
    archivetesting::addDatabase(files, "%5Fusers", "a log");
    files["README.txt"] = "What this is.\n";
    return files;
}

/// {"name":...} of a recorded answer, behind its headers.
std::string recorded(const char *name)
{
    const auto bytes =
        base::readFile(base::fs::path(FM_SOURCE_DIR "/tests/data/couchdb") / name, 1 << 20);
    if (!bytes)
        return {};
    const size_t crlf = bytes->find("\r\n\r\n");
    const size_t lf = bytes->find("\n\n");
    return crlf < lf ? bytes->substr(crlf + 4) : bytes->substr(lf + 2);
}

void archives()
{
    const std::string ours = archivetesting::archiveBytes(someFiles());
    seed("archive", "ours", ours);
    seed("archive", "ours-cut", ours.substr(0, ours.size() / 2));
    TarBuilder tar;
    tar.folder("2026-11-23/").folder("2026-11-23/org_1/");
    tar.file("2026-11-23/org_1/CURRENT", "MANIFEST-000002\n");
    tar.file("2026-11-23/org_1/MANIFEST-000002", "some bytes");
    tar.file("2026-11-23/org_1/000003.log", std::string(600, 'l'));
    tar.file("2026-11-23/_users.json", "[]");
    seed("archive", "predecessor", archivetesting::gzipOf(tar.end()));
    seed("archive", "plain-tar", tar.end());
    seed("tar", "predecessor", tar.end());
    seed("tar", "cut", tar.end().substr(0, 2000));
    TarBuilder odd;
    odd.pax("path=a/000001.ldb").file("x", "pax names it");
    odd.entry("././@LongLink", 'L', 120, std::string(120, 'n')).file("short", "long name");
    odd.link("link", '2', "/etc/passwd").link("hard", '1', "link");
    odd.pax("size=3").entry("sized", '0', 9, "abc");
    odd.file("../outside", "escape").entry("sparse", 'S', 0, {});
    seed("tar", "odd-entries", odd.end());
    const auto header = archive::tarHeaderForFile(
        "2026-11-23T03_00_00.000Z/" + std::string(150, 'd') + "/000003.log", 5, 1795402800);
    seed("tar", "ours-long-name", header ? *header + "five!" + std::string(507 + 1024, '\0') : "");
    seed("gzip", "tar", archivetesting::gzipOf(tar.end()));
    seed("gzip", "two-members",
         archivetesting::gzipOf("one") + archivetesting::gzipOf(std::string(3000, 'z')));
    std::string member;
    archive::MemberCompressor(5).compress("the content of a member, a member", member);
    seed("gzip", "our-member", member);
    seed("gzip", "stored-member", archive::encodeStoredMember("as it is"));
    seed("gzip", "footer", archive::encodeFooter(0x1234));
    std::string named("\x1f\x8b\x08\x1c\0\0\0\0\0\3\4\0extrname\0comment\0", 33);
    seed("gzip", "all-header-fields", named + member.substr(10));
}

void tables()
{
    archive::Toc toc;
    toc.modified = "2026-11-23T03:00:00Z";
    toc.entries.push_back({"root/", true, 0, {}, {}});
    toc.entries.push_back({"root/format.json", false, 30, {}, {{100, 0, 30, {}, 0}}});
    toc.entries.push_back({"root/empty", false, 0, {}, {}});
    toc.entries.push_back({"root/two", false, 50, {}, {{250, 0, 40, {}, 0}, {300, 40, 10, {}, 0}}});
    toc.members = {{0, 100, 512, {}},
                   {100, 50, 30, {}},
                   {150, 100, 994, {}},
                   {250, 50, 40, {}},
                   {300, 60, 10, {}}};
    const std::string text = archive::encodeToc(toc);
    seed("toc", "four-entries", text);
    seed("toc", "empty", archive::encodeToc({}));
    seed("toc", "member", archive::encodeTocMember(text));

    archive::Manifest manifest;
    manifest.tool = "focus-monitor 0.1.0";
    manifest.runId = "00000000-run";
    manifest.startedAt = manifest.finishedAt = "2026-11-23T03:00:00.000Z";
    manifest.server = "http://focus.example";
    seed("manifest", "no-database", archive::encodeManifest(manifest));
    archive::ManifestDatabase database;
    database.name = "org/1";
    database.directory = "org%2F1";
    database.contentFrom = "source";
    database.updateSeq = R"("12-g1AAAA")";
    database.purgeSeq = "0";
    database.security = R"({"admins":{"roles":["_admin"]}})";
    database.revsLimit = 1000;
    database.leafSet = std::string(64, 'a');
    database.leafSetBuckets = {{0, std::string(64, 'b')}, {255, std::string(64, 'c')}};
    database.reused = true;
    manifest.reuseRound = 3;
    manifest.databases = {database, {}};
    seed("manifest", "two-databases", archive::encodeManifest(manifest));
    manifest.databases[1].omissions = {{"forbidden", {}, {}, {}, "It may not be read."},
                                       {"attachment-unreadable", "id", "1-a", "file", "Gone."}};
    manifest.fallbacks = {"no _dbs_info"};
    manifest.vanished = {"org_3"};
    seed("manifest", "omissions", archive::encodeManifest(manifest));
    seed("manifest", "format",
         archive::encodeFormat("run", "2026-11-23T03:00:00.000Z", "focus-monitor 0.1.0"));
}

void answers()
{
    const testsupport::FakeDatabase sample = backuptesting::sampleDatabase();
    using testsupport::SeqStyle;
    for (const auto &[style, name] :
         {std::pair{SeqStyle::Text, "text"}, std::pair{SeqStyle::Number, "number"},
          std::pair{SeqStyle::List, "list"}})
        seed("changes", std::string("sample-") + name,
             testsupport::changesAnswer(sample, 0, 100, style));
    seed("changes", "recorded", recorded("http.changes_normal_all_docs_limit3.txt"));
    std::vector<testsupport::FakeWanted> wanted{{"no such", "1-a"}};
    for (const auto &[id, document] : sample.documents)
        wanted.push_back({id, {}});
    seed("bulkget", "sample", testsupport::bulkAnswer(sample, wanted, false, false));
    seed("bulkget", "sample-with-data", testsupport::bulkAnswer(sample, wanted, false, true));
    seed("bulkget", "recorded", recorded("http.bulk_get_json.txt"));
    seed("bulkget", "one-document",
         testsupport::documentText("files", sample.documents.at("files").leaves.front(), false));

    const std::string mixed = recorded("http.bulk_get_multipart_mixed.txt");
    seed("multipart", "recorded",
         "multipart/mixed; boundary=\"--7482fa68f954b1b55e14b07f602f464d\"\n" + mixed);
    seed("multipart", "related",
         "multipart/related;boundary=b\n--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\n"
         "Content-Length: 3\r\n\r\n\r\n-\r\n--b--");
    seed("multipart", "no-parts", "multipart/mixed; BOUNDARY=x\npreamble\r\n--x--\r\nepilogue");
}

void texts()
{
    store::Metadata metadata;
    metadata.id = std::string("odd \0 \"id\"", 10);
    metadata.tree.merge({3, {"c", "b", "a"}}, false);
    metadata.tree.merge({3, {"d", "b", "a"}}, true);
    metadata.tree.merge({9, {"99", "98"}}, false, false);
    metadata.seqOf = {{{3, "c"}, 4}, {{3, "d"}, 7}};
    metadata.seq = 7;
    seed("metadata", "three-leaves", store::encodeMetadata(metadata));
    store::Metadata small;
    small.id = "a";
    small.tree.merge({1, {"a"}}, true);
    small.seqOf = {{{1, "a"}, 1}};
    small.seq = 1;
    seed("metadata", "deleted", store::encodeMetadata(small));
    seed(
        "metadata", "body",
        store::composeBody({{"n", "1.0"}},
                           {{R"("file")", R"("text/plain")", 1, 3, "md5-rL0Y20zC+Fzt72VPzMSk2A=="}},
                           R"("id")", "1-a", true));
    seed("json", "numbers", "[0, -0, 1.5e-400, 123456789012345678901234567890, 1E+2, -1.0]");
    seed(
        "json", "strings",
        "{\"\\u00e9\\ud83d\\ude00\": \"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\xc3\xa9\xf0\x9f\x98\x80\": \"\x7f\"}");
    seed("json", "nested", std::string(300, '[') + "{}" + std::string(300, ']'));
    seed("json", "words", " [true , false,null ,{ \"a\" :[ ] } ]\n");
    seed("json", "document",
         testsupport::documentText(
             "plain", backuptesting::sampleDatabase().documents.at("plain").leaves.front(), false));
}

} // namespace

int main(int argc, char *argv[])
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
        return 64;
    }
    folder = argv[1];
    archives();
    tables();
    answers();
    texts();
    if (!isGood)
        std::fprintf(stderr, "not all of it could be written\n");
    return isGood ? 0 : 1;
}
