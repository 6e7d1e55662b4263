// The router and everything that it works with: one resource group for itself, one for the version apps that it makes.
// Its roles end at the second group, so nothing that it does can touch anything else in the subscription.
targetScope = 'subscription'

@description('Name of the azd environment; part of the names of both resource groups.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of the router and of the version apps. It must offer Flex Consumption.')
@minLength(1)
param location string

@description('Names this router in the tags and names of its version apps. Never change it: the router would lose them.')
@minLength(1)
@maxLength(24)
param routerId string = 'router'

@description('Keys that open the client role, separated by commas.')
@secure()
param clientKeys string

@description('Keys that open the release role, separated by commas.')
@secure()
param releaseKeys string

@description('Keys that open the admin role, separated by commas.')
@secure()
param adminKeys string

@description('Python version of the router and of version apps.')
param pythonVersion string = '3.11'

@description('Version apps that the router may have at once.')
@minValue(1)
param maxApps int = 100

@description('Memory of one instance of the router, in MB.')
@allowed([
  512
  2048
  4096
])
param routerMemoryMb int = 2048

@description('Instances of the router that are kept warm for HTTP. Each costs money while nothing happens.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Days that an Idempotency-Key is remembered after the start that used it.')
@minValue(1)
param idempotencyDays int = 30

@description('Further app settings of the router, such as its timings: docs/operations.md lists them.')
param moreSettings object = {}

// Azure's built-in roles. Which identity gets which, and why, is told in docs/deploying.md.
var roles = {
  websiteContributor: 'de139f84-1756-47ae-9be6-808fbbe84772'
  webPlanContributor: '2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b'
  managedIdentityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830'
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}
// What the Functions host and the durable extension ask of the storage behind AzureWebJobsStorage.
var hostStorageRoles = [
  roles.storageBlobDataOwner
  roles.storageQueueDataContributor
  roles.storageTableDataContributor
]
var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var packageContainer = 'router-package'
var storeContainer = 'durable-router'

resource routerGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

resource versionsGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}-versions'
  location: location
  tags: tags
}

module routerIdentity 'modules/identity.bicep' = {
  name: 'router-identity'
  scope: routerGroup
  params: {
    name: 'id-router-${token}'
    location: location
    tags: tags
  }
}

// In the versions' group, so that the router's right to assign identities covers this one and no other.
module versionsIdentity 'modules/identity.bicep' = {
  name: 'versions-identity'
  scope: versionsGroup
  params: {
    name: 'id-versions-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: routerGroup
  params: {
    name: 'router-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
}

// The router's own host, its package, and the store: the packages of all releases and the archive.
module routerStorage 'modules/storage.bicep' = {
  name: 'router-storage'
  scope: routerGroup
  params: {
    name: 'str${token}'
    location: location
    tags: tags
    containers: [
      packageContainer
      storeContainer
    ]
    // Claims of idempotency keys. Packages and the archive stay.
    passing: [
      '${storeContainer}/claims/'
    ]
    passingDays: idempotencyDays
  }
}

// Hosts, task hubs and deployed packages of the version apps. The router makes and removes their containers.
module versionsStorage 'modules/storage.bicep' = {
  name: 'versions-storage'
  scope: versionsGroup
  params: {
    name: 'stv${token}'
    location: location
    tags: tags
    containers: []
  }
}

module routerOnItsStorage 'modules/storage-roles.bicep' = {
  name: 'router-on-its-storage'
  scope: routerGroup
  params: {
    accountName: routerStorage.outputs.name
    principalId: routerIdentity.outputs.principalId
    roleIds: hostStorageRoles
  }
}

module versionsOnTheirStorage 'modules/storage-roles.bicep' = {
  name: 'versions-on-their-storage'
  scope: versionsGroup
  params: {
    accountName: versionsStorage.outputs.name
    principalId: versionsIdentity.outputs.principalId
    roleIds: hostStorageRoles
  }
}

// It makes the containers for deployed packages, and removes them and the task hubs of retired apps.
module routerOnVersionsStorage 'modules/storage-roles.bicep' = {
  name: 'router-on-versions-storage'
  scope: versionsGroup
  params: {
    accountName: versionsStorage.outputs.name
    principalId: routerIdentity.outputs.principalId
    roleIds: [
      roles.storageBlobDataContributor
      roles.storageQueueDataContributor
      roles.storageTableDataContributor
    ]
  }
}

module routerOnVersionsGroup 'modules/group-roles.bicep' = {
  name: 'router-on-versions-group'
  scope: versionsGroup
  params: {
    principalId: routerIdentity.outputs.principalId
    roleIds: [
      roles.websiteContributor
      roles.webPlanContributor
      roles.managedIdentityOperator
    ]
  }
}

module router 'modules/router.bicep' = {
  name: 'router'
  scope: routerGroup
  params: {
    name: 'func-router-${token}'
    location: location
    tags: tags
    identityId: routerIdentity.outputs.id
    packageContainerUrl: '${routerStorage.outputs.blobEndpoint}${packageContainer}'
    pythonVersion: pythonVersion
    memoryMb: routerMemoryMb
    alwaysReadyInstances: alwaysReadyInstances
    settings: union(
      {
        AzureWebJobsStorage__accountName: routerStorage.outputs.name
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: routerIdentity.outputs.clientId
        APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
        ROUTER_ID: routerId
        ROUTER_SUBSCRIPTION_ID: subscription().subscriptionId
        ROUTER_RESOURCE_GROUP: versionsGroup.name
        ROUTER_LOCATION: location
        ROUTER_STORE: '${routerStorage.outputs.blobEndpoint}${storeContainer}'
        ROUTER_IDENTITY_CLIENT_ID: routerIdentity.outputs.clientId
        ROUTER_APP_IDENTITY: versionsIdentity.outputs.id
        ROUTER_APP_RUNTIME: pythonVersion
        ROUTER_DEPLOYMENT_STORAGE: versionsStorage.outputs.blobEndpoint
        ROUTER_MAX_APPS: string(maxApps)
        ROUTER_APP_SETTINGS: string({
          AzureWebJobsStorage__accountName: versionsStorage.outputs.name
          AzureWebJobsStorage__credential: 'managedidentity'
          AzureWebJobsStorage__clientId: versionsIdentity.outputs.clientId
          APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
        })
        ROUTER_CLIENT_KEYS: clientKeys
        ROUTER_RELEASE_KEYS: releaseKeys
        ROUTER_ADMIN_KEYS: adminKeys
      },
      moreSettings
    )
  }
  // A host that starts without its roles logs errors until it has them.
  dependsOn: [
    routerOnItsStorage
  ]
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = routerGroup.name
output ROUTER_NAME string = router.outputs.name
output ROUTER_URL string = router.outputs.url
output VERSIONS_RESOURCE_GROUP string = versionsGroup.name
