#include "tests/backup/sampleserver.h"

namespace backuptesting {

using testsupport::FakeDatabase;

FakeDatabase sampleDatabase()
{
    FakeDatabase database;
    database.write("plain", {"a", R"("n":1.0,"big":123456789012345678901234567890)"});
    database.write("updated", {"cba"});
    database.write("gone", {"ba", "", true});
    database.write("gone with a body", {"ba", R"("why":"asked for")", true});
    database.write("conflict", {"ba", R"("side":"b")"});
    database.write("conflict", {"ca", R"("side":"c")"});
    database.write("conflict", {"eda", "", true});
    database.write("_design/views", {"a", R"("views":{"all":{"map":"function (doc) {}"}})"});
    database.write(
        "files",
        {"a",
         "",
         false,
         {{"note.txt", std::string(3000, 'x'), true}, {"raw", std::string("\0\1\2", 3)}}});
    database.write("empty file", {"a", "", false, {{"nothing", "", true}}});
    database.write(std::string("odd \0 \"id\"/%41", 14),
                   {"a", R"("é":"\u0000")", false, {{"a b/c", "slash"}}});
    database.write("_design/with file", {"a", "", false, {{"logo.png", "png"}}});
    database.locals["_local/settings"] = R"({"_id":"_local/settings","_rev":"0-1","theme":"dark"})";
    database.locals["_local/checkpoint"] =
        R"({"_id":"_local/checkpoint","_rev":"0-1","session_id":"s","history":[{"session_id":"s"}]})";
    return database;
}

void fillSample(testsupport::FakeServer &server)
{
    server.databases["asmt_1"] = sampleDatabase();
    server.databases["org/1"].write("only", {"a"});
    server.databases["org_empty"] = {};
    server.databases["_users"].write("org.couchdb.user:jan", {"ba", R"("name":"jan")"});
    server.databases["_replicator"].write("job", {"a", R"("source":"secret")"});
}

} // namespace backuptesting
