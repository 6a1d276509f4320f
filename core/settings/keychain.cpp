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

QString keyOf(const QString &origin, const QString &user)
{
    return user + QLatin1Char('@') + origin;
}

} // namespace

Result<Secret> readPassword(const QString &origin, const QString &user)
{
    auto promise = std::make_shared<std::promise<Result<Secret>>>();
    auto future = promise->get_future();
    const QString key = keyOf(origin, user);
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

base::Status storePassword(const QString &origin, const QString &user, const Secret &password)
{
    auto promise = std::make_shared<std::promise<base::Status>>();
    auto future = promise->get_future();
    const QString key = keyOf(origin, user);
    QMetaObject::invokeMethod(QCoreApplication::instance(), [promise, key, &password] {
        auto *job = new QKeychain::WritePasswordJob(QString::fromLatin1(kService),
                                                    QCoreApplication::instance());
        job->setKey(key);
        const std::string_view revealed = password.reveal();
        job->setTextData(
            QString::fromUtf8(revealed.data(), static_cast<qsizetype>(revealed.size())));
        QObject::connect(job, &QKeychain::Job::finished, job, [promise, job] {
            if (job->error() == QKeychain::NoError)
                promise->set_value({});
            else
                promise->set_value(Error{ErrorKind::Unsupported,
                                         base::text("The keychain cannot be used here."),
                                         job->errorString()});
        });
        job->start();
    });
    return future.get();
}

} // namespace settings
