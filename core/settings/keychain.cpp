#include "core/settings/keychain.h"

#include "core/base/text.h"

#include <qt6keychain/keychain.h>

#include <QCoreApplication>

#include <future>
#include <memory>

namespace settings {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Secret;

constexpr const char *kService = "focus-monitor";

Result<Secret> outcomeOf(const QKeychain::ReadPasswordJob &job)
{
    switch (job.error()) {
    case QKeychain::NoError: return Secret(job.textData().toStdString());
    case QKeychain::EntryNotFound:
        return Error{ErrorKind::NotFound, base::text("The keychain has no password for it.")};
    default:
        return Error{ErrorKind::Unsupported, base::text("The keychain cannot be used here."),
                     job.errorString()};
    }
}

} // namespace

Result<Secret> readPassword(const QString &origin, const QString &user)
{
    auto promise = std::make_shared<std::promise<Result<Secret>>>();
    auto future = promise->get_future();
    const QString key = user + QLatin1Char('@') + origin;
    QMetaObject::invokeMethod(QCoreApplication::instance(), [promise, key] {
        auto *job = new QKeychain::ReadPasswordJob(QString::fromLatin1(kService),
                                                   QCoreApplication::instance());
        job->setKey(key);
        QObject::connect(job, &QKeychain::Job::finished, job,
                         [promise, job] { promise->set_value(outcomeOf(*job)); });
        job->start(); // deletes itself when it has finished
    });
    return future.get();
}

} // namespace settings
