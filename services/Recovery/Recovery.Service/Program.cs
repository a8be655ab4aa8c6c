using Holdfast.Hosting;
using Holdfast.Recovery.Service;

return await HoldfastProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddHoldfastDefaults("recovery");
    builder.AddHoldfastBus();
    builder.AddRecovery();
    var app = builder.Build();
    app.MapHoldfastDefaults();
    app.MapRecovery();
    return app;
});
