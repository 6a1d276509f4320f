#include "tests/ui/browserarchive.h"

#include <QBuffer>
#include <QImage>
#include <QPainter>

namespace uitesting {

using backuptesting::FakeDatabase;

namespace {

FakeDatabase organisation()
{
    FakeDatabase database;
    database.write("plan:7", {"edcba", R"("type":"plan","title":"Evacuation","floors":[1,2,3])"});
    database.write("plan:7", {"xcba", R"("type":"plan","title":"Evacuation","floors":[1,2])"});
    database.write("plan:7", {"yba", R"("type":"plan")", true});
    database.write("plan:8",
                   {"nmlkjihgfedcba", R"("type":"plan","title":"Fire drill","size":1.50)"});
    database.write("report:1",
                   {"a",
                    R"("type":"report")",
                    false,
                    {{"notes.txt", "First line.\nSecond line.\n"},
                     {"picture.png", pngBytes(), false, "image/png"},
                     {"data.bin", std::string("\0\1\2", 3), false, "application/octet-stream"}}});
    database.write("stemmed:1", {"zyx", R"("type":"old")", false, {}, 900});
    database.write("user:gone", {"ba", R"("type":"user")", true});
    for (int i = 0; i < 40; ++i)
        database.write("user:" + std::to_string(1000 + i),
                       {"ba", R"("type":"user","name":"Person )" + std::to_string(i) + '"'});
    return database;
}

FakeDatabase accounts()
{
    FakeDatabase database;
    database.write("org.couchdb.user:anna",
                   {"a",
                    R"("type":"user","name":"anna","roles":["editor"],)"
                    R"("password_scheme":"pbkdf2","derived_key":"c0ffee","salt":"5a17")"});
    return database;
}

} // namespace

std::string pngBytes()
{
    QImage image(320, 200, QImage::Format_RGB32);
    image.fill(QColor(0x33, 0x66, 0x99));
    QPainter painter(&image);
    painter.fillRect(40, 40, 120, 80, QColor(0xff, 0xcc, 0x33));
    painter.end();
    QBuffer buffer;
    image.save(&buffer, "PNG");
    return buffer.data().toStdString();
}

BrowserArchive::BrowserArchive()
{
    m_server.databases["org_acme"] = organisation();
    m_server.databases["asmt_acme"].write("question:1", {"a"});
    m_server.databases["_users"] = accounts();
    m_runner = std::make_unique<backuptesting::Runner>(m_server);
    const auto outcome = m_runner->run();
    if (!outcome)
        qFatal("%s", qPrintable(outcome.error().message));
    m_path = QString::fromStdString(base::toUtf8(outcome->archive));
}

QString predecessorArchive()
{
    return QStringLiteral(FM_SOURCE_DIR "/tests/data/pouchdb/made-by-pouchdb-7.3.0/"
                                        "2026-11-23T16_03_52.749Z.tgz");
}

} // namespace uitesting
